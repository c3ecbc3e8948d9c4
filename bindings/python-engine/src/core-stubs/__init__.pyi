from typing import Any

# An engine's own package keeps its submodules' types; what its __init__ holds is not known here.
def __getattr__(name: str) -> Any: ...
