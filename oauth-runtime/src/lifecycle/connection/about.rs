//! The metadata of a connection in its row: the app that made it, the fingerprint of the spec, and the inputs that a refresh
//! needs. It contains no secrets, and only a login changes it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::lifecycle::store::{Key, StoreError, StoreErrorKind};
use crate::provider::Provider;
use crate::provider::app_identity::AppIdentity;
use crate::provider::fingerprint::SpecChange;
use crate::provider::registered_app::{RegisteredApp, Registration};
use crate::provider::stored_token::{StoredInputs, StoredToken};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) client_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) environment: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub(crate) inputs: BTreeMap<String, String>,
    /// The inputs per app. Rows of the first format do not contain them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub(crate) app_inputs: BTreeMap<String, String>,
    /// The fingerprint of the spec.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) spec: Option<String>,
}

impl About {
    /// Parses the metadata of a row.
    pub(crate) fn read(key: &Key, text: &str) -> Result<About, StoreError> {
        serde_json::from_str(text).map_err(|_| StoreError {
            kind: StoreErrorKind::Unreadable,
            reason: format!("the metadata of {key}"),
        })
    }

    pub(crate) fn new<T: StoredToken>(app: &T::App, inputs: &T::Inputs) -> About {
        let Registration {
            client_id,
            redirect_uri,
            environment,
            inputs: app_inputs,
            credential: _,
        } = app.registration();
        let texts = inputs.texts().into_iter();
        let app_inputs = app_inputs.into_iter();
        About {
            client_id: client_id.to_owned(),
            redirect_uri: redirect_uri.map(str::to_owned),
            environment: environment.map(str::to_owned),
            inputs: texts.map(|(name, text)| (name.to_owned(), text)).collect(),
            app_inputs: app_inputs
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect(),
            spec: T::App::PROVIDER.fingerprint.map(|own| own.to_string()),
        }
    }

    /// Returns whether this app made the connection. Another app must not send its tokens. If the row does not contain the
    /// app's inputs, only client id and environment are compared.
    pub(crate) fn is_of<T: StoredToken>(&self, app: &T::App) -> bool {
        let own = app.registration();
        let is_stated = self.is_identity_stated(&own.inputs);
        match is_stated {
            true => self.identity(&T::App::PROVIDER.reference()) == app.identity(),
            false => self.is_like(own.client_id, own.environment),
        }
    }

    /// Returns whether the row contains everything that identifies its app. Rows of the first format contain no inputs per
    /// app.
    pub(crate) fn is_identity_stated(&self, inputs: &[(&'static str, &str)]) -> bool {
        !self.app_inputs.is_empty() || inputs.is_empty()
    }

    /// Returns whether the connection's app has this client id and environment.
    pub(crate) fn is_like(&self, client_id: &str, environment: Option<&str>) -> bool {
        self.client_id == client_id && self.environment.as_deref() == environment
    }

    /// Returns the identity of the app that made the connection, as far as the row contains it. `provider` is the provider's
    /// reference.
    pub(crate) fn identity(&self, provider: &str) -> AppIdentity {
        let inputs = self.app_inputs.iter();
        AppIdentity::of_parts(
            provider.split_once("::").unwrap_or((provider, "")),
            &self.client_id,
            self.environment.as_deref(),
            inputs.map(|(name, text)| (name.as_str(), text.as_str())),
        )
    }

    /// Returns the changes of the spec since the login. The list is empty if either fingerprint is missing.
    pub(crate) fn changes(&self, provider: &Provider) -> Vec<SpecChange> {
        match (provider.fingerprint, &self.spec) {
            (Some(own), Some(kept)) => own.changes_since(kept),
            _ => Vec::new(),
        }
    }

    pub(crate) fn inputs<T: StoredToken>(
        &self,
    ) -> Result<T::Inputs, crate::provider::InvalidInput> {
        T::Inputs::from_texts(&|name| self.inputs.get(name).cloned().unwrap_or_default())
    }
}
