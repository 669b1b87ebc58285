//! The core of ogr: traits, models, errors, transport and workflows over git forges.
