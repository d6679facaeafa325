//! Installation requests, which come from the provider's app store and start a login.

use proc_macro2::TokenStream;
use quote::quote;

use super::calls::template_needs_app;
use super::values::{Place, Within};
use super::{doc, ident};
use crate::emit::prose;
use crate::plan::{Plan, name};

pub(super) fn item(plan: &Plan) -> Option<TokenStream> {
    let install = plan.install.as_ref()?;
    let place = Place {
        plan,
        arguments: &[],
        within: Within::Other,
    };
    let expected: Vec<TokenStream> = install
        .verify
        .iter()
        .map(|verify| {
            let (name, value) = (&verify.name, place.owned(&verify.value));
            quote! { (#name, &#value) }
        })
        .collect();
    let verified = (!expected.is_empty()).then(|| {
        quote! { runtime::installed(&PROVIDER, query, &[#(#expected),*])?; }
    });
    let fields = plan.connection_inputs().map(|input| {
        let (field, kind, own) = (
            ident(&name::snake(&input.name)),
            ident(&name::camel(&input.name)),
            &input.name,
        );
        let stated = install.inputs.iter().find(|(name, _)| *name == input.name);
        let value = match stated {
            Some((_, template)) => place.owned(template),
            None => quote! { "" },
        };
        quote! { #field: runtime::install_input(&PROVIDER, #own, #kind::parse(#value))? }
    });
    let app = install
        .verify
        .iter()
        .any(|verify| template_needs_app(plan, &verify.value))
        .then(|| quote! { app: &App, });
    let further = install.doc.as_ref();
    let about = doc(&format!(
        "Verifies a request from {}'s app store, which starts a login with these inputs. A code in the request is not \
         used, since another person may have started its login.{}",
        prose::text(&plan.identity.name),
        further.map_or_else(String::new, |doc| format!("\n\n{}.", prose::text(doc)))
    ));
    Some(quote! {
        #about
        pub fn install(#app query: &str) -> Result<Inputs, CallbackError> {
            #verified
            Ok(Inputs { #(#fields),* })
        }
    })
}
