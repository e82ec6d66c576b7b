"""The portal's tables, as far as the list reads them; Django makes and changes none of them."""

from __future__ import annotations

from django.db import models


class Person(models.Model):
    """Who finished a diagnostic."""

    name = models.CharField(max_length=200)

    class Meta:
        managed = False
        db_table = "users"


class Employer(models.Model):
    """A line of the list."""

    reference = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    trading_name = models.CharField(max_length=200, null=True)
    sector = models.CharField(max_length=40)
    size_tier = models.CharField(max_length=10, null=True)
    district = models.CharField(max_length=40)

    class Meta:
        managed = False
        db_table = "employers"


class Response(models.Model):
    """A diagnostic; the current one has the score that is shown."""

    employer = models.ForeignKey(Employer, models.DO_NOTHING, related_name="responses")
    completed_by = models.ForeignKey(
        Person, models.DO_NOTHING, null=True, db_column="completed_by", related_name="+"
    )
    is_current = models.BooleanField()
    overall_score = models.IntegerField(null=True)

    class Meta:
        managed = False
        db_table = "diagnostic_responses"
