"""Tables of the operation: which direct submissions were made."""

from __future__ import annotations

from sqlalchemy import Float, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from relayer.outbox.models import Base


class SubmissionKeyRow(Base):
    """A direct submission by its idempotency key, with the answer that it got."""

    __tablename__ = "submission_keys"
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    digest: Mapped[str] = mapped_column(String(66))
    answer: Mapped[str] = mapped_column(Text)
    at: Mapped[float] = mapped_column(Float(53))
