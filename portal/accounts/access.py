"""Who may use which page of accounts."""

from __future__ import annotations

from typing import Final

from portal.web.access import Predicate, public, signed_in, visitor_only

# What a page is for decides here; whether a link, code or half-finished sign-in is good is the
# view's business.
ROUTES: Final[dict[str, Predicate]] = {
    "security.login": public,
    "security.logout": public,
    "security.register": visitor_only,
    "security.send_confirmation": public,
    "security.confirm_email": public,
    "security.forgot_password": public,
    "security.reset_password": public,
    "security.change_password": signed_in,
    "security.change_email": signed_in,
    "security.change_email_confirm": public,
    "security.verify": signed_in,
    "security.two_factor_setup": public,
    "security.two_factor_setup_validate": signed_in,
    "security.two_factor_token_validation": public,
    "security.two_factor_rescue": public,
    "security.tf_select": public,
    "security.mf_recovery_codes": signed_in,
    "security.mf_recovery": public,
    "security.wan_register": signed_in,
    "security.wan_register_response": signed_in,
    "security.wan_signin": public,
    "security.wan_signin_response": public,
    "security.wan_delete": signed_in,
    "security.wan_verify": signed_in,
    "security.wan_verify_response": signed_in,
    "account.show": signed_in,
    "account.rename": signed_in,
    "account.check_mail": public,
    "account.end_session": signed_in,
    "account.end_all_sessions": signed_in,
    "account.confirm_new_email": public,
}
MAILBOX_ROUTES: Final[dict[str, Predicate]] = {"mailbox.show": public}
# Where one installation serves several programmes.
PROGRAMMES_ROUTES: Final[dict[str, Predicate]] = {
    "my_programmes.show": signed_in,
    "my_programmes.offer": signed_in,
    "my_programmes.accept": signed_in,
    "my_programmes.go": signed_in,
    "my_programmes.unlink": signed_in,
    # Nobody is signed in there yet: a ticket is the key.
    "my_programmes.arrive": public,
    "my_programmes.come_in": public,
}
