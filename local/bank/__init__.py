"""The demo bank: a whole WeCom corp made from a seed. `demo_world` is what the simulator's control API loads."""

from local.bank.world import BankSize, bank_world, demo_world, tier_tags

__all__ = ["BankSize", "bank_world", "demo_world", "tier_tags"]
