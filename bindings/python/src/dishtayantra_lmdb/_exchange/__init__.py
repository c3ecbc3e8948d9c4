"""The exchange with calculators: the wrapper, the mixin, and the settings."""
