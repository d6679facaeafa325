//! The guide: how to use generated provider modules, step by step.
//!
//! | page | subject |
//! |---|---|
//! | [`first_login`] | modules, the authorization request, scopes, web applications, tools |
//! | [`tokens`] | stored connections, and what happens when a refresh fails |
//! | [`api`] | API requests, their errors and permissions |
//! | [`simulator`] | simulated providers for tests |
//! | [`operations`] | commands for on-call operators, sealing keys, metrics |
//! | [`security`] | what is enforced, and what remains possible |
//! | [`specs`] | how to write a spec |
//! | [`compare`] | other OAuth crates for Rust |
//!
//! This module exists only in the documentation. Links from a page to files of the repository work in the repository.

// A page links to other pages as files, for readers of the repository. Of two definitions of a link, Markdown uses the
// first one, so a definition before the page redirects the link to the page's module.

pub mod first_login {
    //! [tokens]: super::tokens
    //! [api]: super::api
    //! [simulator]: super::simulator
    //!
    #![doc = include_str!("guide/first_login.md")]
}

pub mod tokens {
    //! [operations]: super::operations
    //!
    #![doc = include_str!("guide/tokens.md")]
}

pub mod api {
    #![doc = include_str!("guide/api.md")]
}

pub mod simulator {
    #![doc = include_str!("guide/simulator.md")]
}

pub mod operations {
    #![doc = include_str!("guide/operations.md")]
}

pub mod security {
    #![doc = include_str!("guide/security.md")]
}

pub mod specs {
    #![doc = include_str!("guide/specs.md")]
}

pub mod compare {
    #![doc = include_str!("guide/compare.md")]
}
