//! The GitHub backend of ogr.
