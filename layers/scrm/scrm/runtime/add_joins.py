"""Joins the rules of added customers to the bank's settings."""

from datetime import timedelta

from scrm.adds.rules import AddRules
from scrm.settings.adds import AddsDocument

_OTHERS = {"appeal_days"}


def rules_of(document: AddsDocument) -> AddRules:
    return AddRules(**{name: getattr(document, name) for name in AddsDocument.model_fields if name not in _OTHERS})


def open_for(document: AddsDocument) -> timedelta:
    return timedelta(days=document.appeal_days)
