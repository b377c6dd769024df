"""Joins the transfers of customers and groups to WeCom, their tables and what follows a customer."""

from scrm.handover.transfer import ChunkTransfer
from scrm.runtime.wiring import cases, handover, handover_settings, packages


def chunk_transfer() -> ChunkTransfer:
    """For one message: with the settings in force."""
    return ChunkTransfer(
        cases.cases(), cases.staff(), handover.transfers(), packages.collection(), handover_settings.handover()
    )
