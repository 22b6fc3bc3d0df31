"""
What a connector is configured to reach, as values. `entry.connector_config` reads the file.

INVARIANT: a target that is not here does not exist, whatever a ticket says.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from sudare.connector.officedesk import ScheduleSettings

API_TARGET = "api"


@dataclass(frozen=True, slots=True)
class Target:
    """
    One office PC. `certificate`: "first-use", "sha256:<hex>", or "none" (VNC on the connector's own host only).

    An X11 display is on the connector's own host: it has `display` and perhaps `authority`, and no host or port.
    """

    id: str
    name: str
    kind: str  # "rdp" | "vnc" | "x11"
    host: str
    port: int
    certificate: str = "first-use"
    domain: str = ""
    resize: bool = True
    display: str = ""
    authority: Path | None = None

    @property
    def asks_password(self) -> bool:
        """Whether the person has to say a password; a display lets in whoever has its cookie."""
        return self.kind != "x11" and self.certificate != "none"


@dataclass(frozen=True, slots=True)
class Worker:
    """How session processes are run."""

    sandbox: str = "bubblewrap"  # or "none"
    limit: int = 200


@dataclass(frozen=True, slots=True)
class Recording:
    """Where sessions are recorded, and who may read it. `required`: no session goes on that should be and cannot."""

    directory: Path
    key: EllipticCurvePublicKey
    required: bool = True


@dataclass(frozen=True, slots=True)
class ConnectorConfig:
    """Everything; `state` holds keys and certificate."""

    gateway: str
    name: str
    state: Path
    worker: Worker
    schedule: ScheduleSettings | None
    targets: tuple[Target, ...]
    recording: Recording | None = None
    line_kbit: int | None = None  # what the office's line carries for screens; None: it is no concern

    def target(self, target_id: str) -> Target | None:
        """The target of this id."""
        return next((target for target in self.targets if target.id == target_id), None)
