// SPDX-License-Identifier: Apache-2.0
//! A JSON number, kept as its text: integers never pass through a double, which would round them.

/// A number as it is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number<'a>(&'a str);

/// Everything larger has no place in a file's size or offset.
const MAX: u64 = (1 << 63) - 1;

impl<'a> Number<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// The text, as it stands in the document.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// The exact value of a whole number from 0 to 2^63-1 in any spelling, `1000000000.0` and `1e9` included;
    /// `None` for everything with a minus sign or a fraction, or above.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        let (mantissa, exponent) = self.0.split_once(['e', 'E']).unwrap_or((self.0, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.starts_with('-') {
            return None;
        }
        // The value is all significant digits, times ten to the power of what the point and the exponent leave.
        let fraction = fraction.trim_end_matches('0');
        let significant = if fraction.is_empty() { whole.trim_end_matches('0') } else { whole };
        let zeros = whole.len() - significant.len();
        let digits = || significant.bytes().chain(fraction.bytes()).skip_while(|&digit| digit == b'0');
        if digits().next().is_none() {
            return Some(0);
        }
        let power = shift(exponent)?.checked_add(i64::try_from(zeros).ok()?)?;
        let power = u32::try_from(power.checked_sub(i64::try_from(fraction.len()).ok()?)?).ok()?;
        let value =
            digits().try_fold(0_u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
        value?.checked_mul(10_u64.checked_pow(power)?).filter(|&value| value <= MAX)
    }
}

/// An exponent; `None` when it is so far out that no whole number of 63 bits has it.
fn shift(exponent: &str) -> Option<i64> {
    exponent.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_exact_in_every_spelling() {
        for (text, value) in [
            ("0", 0),
            ("0.0", 0),
            ("0e99999999999999999999", 0),
            ("1000000000", 1_000_000_000),
            ("1000000000.0", 1_000_000_000),
            ("1e9", 1_000_000_000),
            ("1E+9", 1_000_000_000),
            ("0.001e3", 1),
            ("12.50e1", 125),
            ("1000e-3", 1),
            ("9007199254740993", 9_007_199_254_740_993),
            ("9223372036854775807", MAX),
            ("9223372036854775807.000", MAX),
            ("922337203685477580.7e1", MAX),
        ] {
            assert_eq!(Number(text).as_u64(), Some(value), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "-1",
            "-0",
            "0.5",
            "10.7",
            "1e-1",
            "1.25e1",
            "9223372036854775807.5",
            "9223372036854775808",
            "18446744073709551616",
            "1e19",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "1e4294967296",
            "1e9223372036854775807",
            "0.1e-9223372036854775808",
        ] {
            assert_eq!(Number(text).as_u64(), None, "{text}");
        }
        assert_eq!(Number(&"9".repeat(1_000_000)).as_u64(), None);
    }
}
