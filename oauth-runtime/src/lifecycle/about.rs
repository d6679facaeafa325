//! What a row says of its connection beside the tokens: which app made it, under which spec, and what its renewal
//! needs. Nothing of it is secret, and it changes with a login alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::app_identity::AppIdentity;
use crate::fingerprint::SpecChange;
use crate::lifecycle::store::{Key, StoreError, StoreErrorKind};
use crate::managed::{KeptInputs, Managed, Registration};
use crate::provider::Provider;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) client_id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) redirect_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) environment: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub(crate) inputs: BTreeMap<String, String>,
    /// The inputs per app. Rows of the first format do not state them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub(crate) app_inputs: BTreeMap<String, String>,
    /// The fingerprint of the spec.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) spec: Option<String>,
}

impl About {
    /// Reads what a row states.
    pub(crate) fn read(key: &Key, text: &str) -> Result<About, StoreError> {
        serde_json::from_str(text).map_err(|_| StoreError {
            kind: StoreErrorKind::Unreadable,
            reason: format!("what {key} states of its app"),
        })
    }

    pub(crate) fn new<T: Managed>(app: &T::App, inputs: &T::Inputs) -> About {
        let Registration {
            client_id,
            redirect_uri,
            environment,
            inputs: app_inputs,
            credential: _,
        } = T::registration(app);
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
            spec: T::provider().fingerprint.map(|own| own.to_string()),
        }
    }

    /// Whether this app made the connection: another one must not send its tokens anywhere.
    pub(crate) fn is_of<T: Managed>(&self, app: &T::App) -> bool {
        let own = T::registration(app);
        let is_stated = self.is_identity_stated(&own.inputs);
        match is_stated {
            true => self.identity(&T::provider().reference()) == T::identity(app),
            false => self.is_like(own.client_id, own.environment),
        }
    }

    /// Whether the row states all that identifies its app. Rows of the first format state no inputs per app.
    pub(crate) fn is_identity_stated(&self, inputs: &[(&'static str, &str)]) -> bool {
        !self.app_inputs.is_empty() || inputs.is_empty()
    }

    /// Whether client id and environment are those of an app.
    pub(crate) fn is_like(&self, client_id: &str, environment: Option<&str>) -> bool {
        self.client_id == client_id && self.environment.as_deref() == environment
    }

    /// The identity of the app that made the connection, as far as the row states it. `provider` is its reference.
    pub(crate) fn identity(&self, provider: &str) -> AppIdentity {
        let inputs = self.app_inputs.iter();
        AppIdentity::of_parts(
            provider.split_once("::").unwrap_or((provider, "")),
            &self.client_id,
            self.environment.as_deref(),
            inputs.map(|(name, text)| (name.as_str(), text.as_str())),
        )
    }

    /// What has changed in the spec since; nothing where either side does not say.
    pub(crate) fn changes(&self, provider: &Provider) -> Vec<SpecChange> {
        match (provider.fingerprint, &self.spec) {
            (Some(own), Some(kept)) => own.changes_since(kept),
            _ => Vec::new(),
        }
    }

    pub(crate) fn inputs<T: Managed>(&self) -> Result<T::Inputs, crate::InvalidInput> {
        T::Inputs::from_texts(&|name| self.inputs.get(name).cloned().unwrap_or_default())
    }
}
