//! The keys of a call and those that it inherits. `[token.GRANT]` and `[revoke]` inherit the keys of `[token]`.

use crate::syntax::document::{
    Api, Further, Grant, Introspect, Method, ResponseFormat, Revoke, TokenEndpoint, Userinfo,
};
use crate::syntax::either::{Auth, Body};
use crate::syntax::path;
use crate::syntax::shapes::{Named, OneOrMany, Or, Parameter, Success};

/// The keys that every call supports, borrowed from the table that states them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Keys<'d> {
    pub(crate) at: &'d str,
    pub(crate) url: Option<&'d String>,
    pub(crate) method: Option<&'d OneOrMany<Method>>,
    pub(crate) auth: Option<&'d Auth>,
    pub(crate) body: Option<&'d Body>,
    pub(crate) headers: Option<&'d Named<Parameter>>,
    pub(crate) params: Option<&'d Named<Parameter>>,
    pub(crate) query: Option<&'d Named<Parameter>>,
    pub(crate) names: Option<&'d Named<Or<String>>>,
    pub(crate) response: Option<ResponseFormat>,
    pub(crate) success: Option<&'d Success>,
    pub(crate) error: Option<&'d Or<OneOrMany<String>>>,
    pub(crate) error_description: Option<&'d Or<OneOrMany<String>>>,
    pub(crate) doc: Option<&'d String>,
}

macro_rules! keys_of {
    ($table:expr, $at:expr, $params:expr, $doc:expr) => {
        Keys {
            at: $at,
            url: $table.url.as_ref(),
            method: $table.method.as_ref(),
            auth: $table.auth.as_ref(),
            body: $table.body.as_ref(),
            headers: $table.headers.as_ref(),
            params: $params,
            query: $table.query.as_ref(),
            names: $table.names.as_ref(),
            response: $table.response,
            success: $table.success.as_ref(),
            error: $table.error.as_ref(),
            error_description: $table.error_description.as_ref(),
            doc: $doc,
        }
    };
}

impl<'d> Keys<'d> {
    pub(crate) fn of_endpoint(token: &'d TokenEndpoint) -> Keys<'d> {
        keys_of!(token, "token", None, None)
    }

    pub(crate) fn of_grant(grant: &'d Grant, at: &'d str) -> Keys<'d> {
        keys_of!(grant, at, grant.params.as_ref(), grant.doc.as_ref())
    }

    pub(crate) fn of_revoke(revoke: &'d Revoke) -> Keys<'d> {
        keys_of!(
            revoke,
            "revoke",
            revoke.params.as_ref(),
            revoke.doc.as_ref()
        )
    }

    pub(crate) fn of_introspect(introspect: &'d Introspect) -> Keys<'d> {
        keys_of!(
            introspect,
            "introspect",
            introspect.params.as_ref(),
            introspect.doc.as_ref()
        )
    }

    pub(crate) fn of_userinfo(userinfo: &'d Userinfo) -> Keys<'d> {
        keys_of!(
            userinfo,
            "userinfo",
            userinfo.params.as_ref(),
            userinfo.doc.as_ref()
        )
    }

    pub(crate) fn of_further(further: &'d Further, at: &'d str) -> Keys<'d> {
        keys_of!(further, at, further.params.as_ref(), further.doc.as_ref())
    }

    /// Returns the keys that every call with the access token inherits.
    pub(crate) fn of_api(api: &'d Api) -> Keys<'d> {
        Keys {
            at: "api",
            headers: api.headers.as_ref(),
            success: api.success.as_ref(),
            error: api.error.as_ref(),
            error_description: api.error_description.as_ref(),
            ..Keys::default()
        }
    }

    /// Returns the keys that a call outside the token endpoint inherits. It states the others itself.
    pub(crate) fn without_request(self) -> Keys<'d> {
        Keys {
            url: None,
            method: None,
            params: None,
            query: None,
            doc: None,
            ..self
        }
    }

    /// Combines the keys of a call with those that it inherits from `above`.
    pub(crate) fn within(self, above: Keys<'d>) -> Inherited<'d> {
        Inherited { own: self, above }
    }
}

/// A call's table and the table from which it inherits.
#[derive(Clone, Copy)]
pub(crate) struct Inherited<'d> {
    pub(crate) own: Keys<'d>,
    pub(crate) above: Keys<'d>,
}

impl<'d> Inherited<'d> {
    /// Returns the value of a key with the path that states it: that of the call, or else the inherited one.
    pub(crate) fn get<T>(
        &self,
        key: &str,
        which: impl Fn(&Keys<'d>) -> Option<T>,
    ) -> (Option<T>, String) {
        match which(&self.own) {
            Some(value) => (Some(value), path::join(self.own.at, key)),
            None => (which(&self.above), path::join(self.above.at, key)),
        }
    }

    /// Merges tables key by key: the entries of the call override the inherited ones.
    pub(crate) fn merged<T>(
        &self,
        key: &str,
        which: impl Fn(&Keys<'d>) -> Option<&'d Named<T>>,
    ) -> Vec<(&'d String, &'d T, String)> {
        let mut merged: Vec<(&String, &T, String)> = Vec::new();
        for keys in [&self.above, &self.own] {
            let at = path::join(keys.at, key);
            for (name, value) in which(keys).into_iter().flat_map(Named::iter) {
                let stated = (name, value, path::join(&at, name));
                match merged.iter_mut().find(|(own, ..)| *own == name) {
                    Some(place) => *place = stated,
                    None => merged.push(stated),
                }
            }
        }
        merged
    }
}
