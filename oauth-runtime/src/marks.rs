//! Traits whose only work is the sentence that the compiler says when they are not met.

/// `Self` is the `Code` of a verified callback of the provider whose function asks for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no code of a verified callback",
    label = "the exchange takes the code that `login.callback(query)` returns",
    note = "`{Code}` comes only from `Login::callback`, which compares state and issuer with the login that began it"
)]
pub trait Verified<Code> {
    /// The code itself.
    fn verified(self) -> Code;
}

/// For generated modules: a type that only a verified callback makes.
pub trait FromCallback {}

impl<Code: FromCallback> Verified<Code> for Code {
    fn verified(self) -> Code {
        self
    }
}

/// `Self` is a token that the provider whose function asks for it has issued.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `{Own}`",
    label = "a token of another provider or of another kind",
    note = "a token goes only to the provider that issued it: give the `{Own}` from this module's `exchange` or `refresh`"
)]
pub trait IssuedAs<Own> {
    /// The token itself.
    fn issued(&self) -> &Own;
}

/// For generated modules: a type that only a provider's answer, or a store of its answers, makes.
pub trait Issued {}

impl<Own: Issued> IssuedAs<Own> for Own {
    fn issued(&self) -> &Own {
        self
    }
}
