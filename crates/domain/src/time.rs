//! Time is a number: microseconds since 1970, as both databases store it.

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Micros(pub i64);

impl Micros {
    /// From whole seconds.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }
    /// Later by some seconds (saturating: a clock may lie).
    #[must_use]
    pub const fn plus_secs(self, secs: i64) -> Self {
        Self(self.0.saturating_add(secs.saturating_mul(1_000_000)))
    }
    /// Later by some milliseconds.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis.saturating_mul(1_000)))
    }
    /// Whole seconds from `earlier` to here.
    #[must_use]
    pub const fn secs_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / 1_000_000
    }
    /// RFC 3339 in UTC with milliseconds; out-of-range times read as the epoch.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let at = jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        format!("{at:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn prints_rfc_3339() {
        assert_eq!(Micros(1_500_000).rfc3339(), "1970-01-01T00:00:01.500Z");
        assert_eq!(Micros(i64::MAX).rfc3339(), "1970-01-01T00:00:00.000Z");
    }
}
