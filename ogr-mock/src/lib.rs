//! A pretend git forge that speaks four dialects, with real git behind it.
