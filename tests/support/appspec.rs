//! Read the `appspec.yml`.
