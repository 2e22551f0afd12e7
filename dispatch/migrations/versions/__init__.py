"""One file per version, each written once and never changed after its release."""
