"""Applications: their registration, review status and secrets, and proof that a client is one.

It owns who may ask; it keeps no token, code or consent that was given to them.
Every token-like endpoint authenticates here; developers and staff register and review here.
"""

from __future__ import annotations

from doorward.clients.author import (
    Author,
    By,
)
from doorward.clients.change import (
    ApplicationChange,
)
from doorward.clients.entry import (
    MAX_UNAPPROVED,
)
from doorward.clients.estate import Estate
from doorward.clients.jobs import (
    UsageWorker,
    remove_expired,
)
from doorward.clients.likeness import (
    likeness,
)
from doorward.clients.logos import (
    Logos,
)
from doorward.clients.model import (
    MAX_LIVE_SECRETS,
    Application,
    ApplicationKind,
    ApplicationStatus,
    AuthenticatedClient,
    NewApplication,
    StoredSecret,
    WantedKind,
)
from doorward.clients.moves import (
    Mover,
)
from doorward.clients.ownership import (
    MAX_TESTERS,
    Ownership,
)
from doorward.clients.pictures import (
    MAX_LOGO_BYTES,
    BadLogo,
    Logo,
    LogosBusy,
    TooManyLogos,
    UnknownLogo,
    logo_path,
)
from doorward.clients.records import (
    Difference,
    Notice,
    Notify,
    Offer,
    OfferNotice,
    PendingChange,
    ReviewEvent,
    ReviewNotice,
    SecretNotice,
)
from doorward.clients.refusals import (
    BadApplication,
    BadClientId,
    BadMessage,
    BadOffer,
    BadTesters,
    BadTransition,
    ClientIdTaken,
    ClientsRefusal,
    ClosedApplication,
    LastSecret,
    MayNotReview,
    NoSecrets,
    OwnApplication,
    RegistrationClosed,
    StaffDecide,
    StaleReview,
    TooManyApplications,
    TooManySecrets,
    UnknownApplication,
    UnknownOffer,
    UnknownSecret,
    WasApproved,
)
from doorward.clients.registration import (
    list_faults,
)
from doorward.clients.review import (
    TRANSITIONS,
    WITH_CHANGE,
)
from doorward.clients.reviews import (
    WAITING,
    Reviews,
)
from doorward.clients.scope_users import (
    count_scope_users,
)
from doorward.clients.secret_uses import (
    SecretUses,
)
from doorward.clients.service import (
    Applications,
)
from doorward.clients.unused_logos import (
    UnusedLogos,
)
from doorward.clients.usage import (
    Usage,
    UsageOfDay,
)

__all__ = [
    "MAX_LIVE_SECRETS",
    "MAX_LOGO_BYTES",
    "MAX_TESTERS",
    "MAX_UNAPPROVED",
    "TRANSITIONS",
    "WAITING",
    "WITH_CHANGE",
    "Application",
    "ApplicationChange",
    "ApplicationKind",
    "ApplicationStatus",
    "Applications",
    "AuthenticatedClient",
    "Author",
    "BadApplication",
    "BadClientId",
    "BadLogo",
    "BadMessage",
    "BadOffer",
    "BadTesters",
    "BadTransition",
    "By",
    "ClientIdTaken",
    "ClientsRefusal",
    "ClosedApplication",
    "Difference",
    "Estate",
    "LastSecret",
    "Logo",
    "Logos",
    "LogosBusy",
    "MayNotReview",
    "Mover",
    "NewApplication",
    "NoSecrets",
    "Notice",
    "Notify",
    "Offer",
    "OfferNotice",
    "OwnApplication",
    "Ownership",
    "PendingChange",
    "RegistrationClosed",
    "ReviewEvent",
    "ReviewNotice",
    "Reviews",
    "SecretNotice",
    "SecretUses",
    "StaffDecide",
    "StaleReview",
    "StoredSecret",
    "TooManyApplications",
    "TooManyLogos",
    "TooManySecrets",
    "UnknownApplication",
    "UnknownLogo",
    "UnknownOffer",
    "UnknownSecret",
    "UnusedLogos",
    "Usage",
    "UsageOfDay",
    "UsageWorker",
    "WantedKind",
    "WasApproved",
    "count_scope_users",
    "likeness",
    "list_faults",
    "logo_path",
    "remove_expired",
]
