"""What a person may not do with a campaign, in sentences that say what to do instead."""


class CampaignError(Exception):
    """Base of the family."""


class UnknownCampaignError(CampaignError):
    """An id names a campaign that the table does not hold."""


class StaleCampaignError(CampaignError):
    """Someone else wrote the campaign in between; read it again and repeat."""


class CampaignRefusedError(CampaignError):
    """What was asked cannot be done in this state; the text says why and what to do."""


class InvalidCampaignError(CampaignError):
    """The definition is not one that could ever run. ``problems`` are (field, what is wrong)."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems))
        self.problems = tuple(problems)
