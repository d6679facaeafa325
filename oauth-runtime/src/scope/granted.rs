//! The comparison of granted scopes with requested or needed ones. A scope that includes others counts for those, too.

use crate::api::Operation;
use crate::provider::Provider;
use crate::token::{Scopes, Token};

impl Scopes {
    /// Returns whether these scopes grant a scope at this provider: by its name, by another name of it, or because one
    /// of them includes it.
    pub fn open(&self, provider: &Provider, scope: &str) -> bool {
        self.open_but(provider, scope, &mut Vec::new())
    }

    /// Returns whether these scopes grant `scope`. `seen` contains the scopes that the search has visited: two names of
    /// one scope include each other.
    fn open_but<'p>(
        &self,
        provider: &'p Provider,
        scope: &'p str,
        seen: &mut Vec<&'p str>,
    ) -> bool {
        if self.contains(scope) {
            return true;
        }
        if seen.contains(&scope) {
            return false;
        }
        seen.push(scope);
        let bringing = provider
            .scopes
            .iter()
            .filter(|(_, brought)| brought.contains(&scope));
        let mut bringing = bringing.map(|(own, _)| *own);
        bringing.any(|own| self.open_but(provider, own, seen))
    }
}

impl Operation {
    /// Returns the needs of this operation that were not granted. Each need is a list of scopes, one of which is
    /// enough.
    pub(crate) fn ungranted(
        &self,
        provider: &Provider,
        granted: &Scopes,
    ) -> Vec<&'static [&'static str]> {
        let is_open = |any: &[&str]| {
            let mut any = any.iter();
            any.any(|scope| granted.open(provider, scope) || provider.unreported.contains(scope))
        };
        let needs = self.needs.iter().copied();
        needs.filter(|any| !is_open(any)).collect()
    }
}

/// Returns the requested scopes that are not known to be granted.
///
/// The result is empty if the response has no scopes: then the requested scopes were granted (RFC 6749 §5.1). The
/// result is all of `asked` if the response has scopes that cannot be read. Otherwise it has no scope that the provider
/// does not always report.
pub fn not_granted<S: Copy + AsRef<str>>(
    provider: &Provider,
    token: &Token,
    asked: &[S],
) -> Vec<S> {
    if token.has_unknown_scopes() {
        return asked.to_vec();
    }
    let granted = token.scopes();
    let is_missing = |scope: &&S| {
        let scope = scope.as_ref();
        let is_reported = !provider.unreported.contains(&scope);
        is_reported && granted.is_some_and(|own| !own.open(provider, scope))
    };
    asked.iter().filter(is_missing).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    static ACME: Provider = Provider::new("acme", "Acme", "https://acme.example/docs").scopes(&[
        ("admin", &["write"]),
        ("write", &["read"]),
        ("mail", &["email"]),
        ("email", &["mail"]),
    ]);

    #[test]
    fn what_brings_another_along_counts_for_it() {
        let granted = Scopes::new(["admin", "email"]);
        for (scope, open) in [
            ("admin", true),
            ("read", true),
            ("mail", true),
            ("delete", false),
        ] {
            assert_eq!(granted.open(&ACME, scope), open, "{scope}");
        }
        assert!(!Scopes::new(["read"]).open(&ACME, "write"));
        assert!(
            !Scopes::new([]).open(&ACME, "mail"),
            "scopes that imply each other must not cause an endless loop"
        );
    }

    #[test]
    fn a_scope_that_no_answer_repeats_is_not_missing() {
        static SILENT: Provider =
            Provider::new("silent", "Silent", "https://silent.example").unreported(&["offline"]);
        let token = Token::new(Secret::new("at")).with_scopes(Scopes::new(["read"]));
        let asked = ["offline", "read", "mail"];
        assert_eq!(not_granted(&SILENT, &token, &asked), ["mail"]);
        assert_eq!(not_granted(&ACME, &token, &asked), ["offline", "mail"]);
    }

    #[test]
    fn an_answer_without_scopes_granted_what_was_asked() {
        let token = Token::new(Secret::new("at"));
        assert_eq!(not_granted(&ACME, &token, &["read"]), Vec::<&str>::new());
        let token = token.with_scopes(Scopes::new(["read"]));
        assert_eq!(not_granted(&ACME, &token, &["read", "mail"]), ["mail"]);
    }
}
