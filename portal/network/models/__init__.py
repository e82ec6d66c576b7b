"""Tables of the network: members, awards, events, the forum, peers and ties."""

from portal.network.models.awards import (
    Award,
    AwardApplication,
    AwardAssessment,
    AwardAssessor,
    AwardConflict,
    AwardRound,
    AwardStatement,
    Champion,
)
from portal.network.models.events import Event, EventFeedback, EventRegistration, EventSeries
from portal.network.models.forum import (
    ForumAttachment,
    ForumCategory,
    ForumHelpful,
    ForumLog,
    ForumPost,
    ForumPromise,
    ForumReport,
    ForumSubscription,
    ForumSuspension,
    ForumText,
    ForumThread,
)
from portal.network.models.forum_search import ForumEntry
from portal.network.models.members import (
    Competitor,
    MailRefusal,
    NetworkConsent,
    NetworkInvitation,
    NetworkMember,
)
from portal.network.models.peers import (
    NetworkSnapshot,
    NetworkTie,
    PeerMatch,
    PeerOffer,
    PeerRequest,
)

__all__ = [
    "Award",
    "AwardApplication",
    "AwardAssessment",
    "AwardAssessor",
    "AwardConflict",
    "AwardRound",
    "AwardStatement",
    "Champion",
    "Competitor",
    "Event",
    "EventFeedback",
    "EventRegistration",
    "EventSeries",
    "ForumAttachment",
    "ForumCategory",
    "ForumEntry",
    "ForumHelpful",
    "ForumLog",
    "ForumPost",
    "ForumPromise",
    "ForumReport",
    "ForumSubscription",
    "ForumSuspension",
    "ForumText",
    "ForumThread",
    "MailRefusal",
    "NetworkConsent",
    "NetworkInvitation",
    "NetworkMember",
    "NetworkSnapshot",
    "NetworkTie",
    "PeerMatch",
    "PeerOffer",
    "PeerRequest",
]
