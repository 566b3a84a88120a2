"""The native module that blocks."""

from __future__ import annotations

from sqlservice_guest.build import block


def test_it_is_a_shared_library_of_webassembly() -> None:
    written = block.shared_library()
    assert written.startswith(b"\0asm\1\0\0\0\0")
    for name in (b"dylink.0", b"[waitable-set-wait]", f"PyInit_{block.MODULE}".encode()):
        assert name in written
    assert len(written) < 1000
