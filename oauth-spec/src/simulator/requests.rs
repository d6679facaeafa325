//! The content of a request, by the call of the Plan that it makes.

use super::capture::{capture, capture_url};
use super::credentials::Credentials;
use super::received::{Content, Received, text};
use super::refusal::Refusal;
use crate::plan::{
    Argument, Body, BodyFormat, Call, CallKind, Parameter, Piece, Plan, Source, Template, Value,
};

/// The values of a request, by their sources in the spec.
#[derive(Default)]
pub(super) struct Facts {
    said: Vec<(Source, String)>,
    /// The scopes, by the name of their set.
    pub(super) scopes: Vec<(String, Vec<String>)>,
    /// The scopes of a refresh, which may be fewer than those of the login.
    pub(super) fewer_scopes: Option<Vec<String>>,
    /// The names of the parameters that the spec does not list.
    pub(super) passed_over: Vec<String>,
}

impl Facts {
    pub(super) fn get(&self, source: &Source) -> Option<&str> {
        self.find(|own| own == source)
    }

    /// Returns the first value whose source matches.
    pub(super) fn find(&self, is_it: impl Fn(&Source) -> bool) -> Option<&str> {
        let own = self.said.iter().find(|(own, _)| is_it(own));
        own.map(|(_, text)| text.as_str())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(Source, String)> {
        self.said.iter()
    }

    fn add<'s>(&mut self, captured: impl IntoIterator<Item = (&'s Source, String)>) {
        let captured = captured.into_iter();
        self.said
            .extend(captured.map(|(source, text)| (source.clone(), text)));
    }
}

type Pairs = Vec<(String, String)>;

/// Reads all values of a request, and rejects what the provider rejects.
pub(super) fn facts(plan: &Plan, call: &Call, received: &Received) -> Result<Facts, Refusal> {
    let mut facts = Facts::default();
    facts.add(capture_url(plan, &call.url, &received.url).unwrap_or_default());
    // An unreadable body cannot contain credentials, so it is rejected first.
    let pairs = body(call, received)?;
    let credentials = Credentials::of(call, received)?;
    let reader = Reader {
        plan,
        call,
        credentials: &credentials,
    };
    let own: &[Parameter] = match &call.body {
        Body::Empty => &[],
        Body::Form(rows) | Body::Json(rows) => rows,
    };
    let travels_otherwise = call.accepts.bodies.len() > 1 || call.accepts.methods.len() > 1;
    if travels_otherwise {
        let rows: Vec<_> = call.query.iter().chain(own).collect();
        let pairs = received.query.iter().chain(&pairs).cloned().collect();
        reader.rows(&rows, pairs, &mut facts)?;
    } else {
        let in_query: Vec<_> = call.query.iter().collect();
        reader.rows(&in_query, received.query.clone(), &mut facts)?;
        reader.rows(&own.iter().collect::<Vec<_>>(), pairs, &mut facts)?;
    }
    reader.headers(received, &mut facts)?;
    facts.said.extend(credentials.shown);
    Ok(facts)
}

/// Returns the parameters of a body, if the provider accepts its media type.
fn body(call: &Call, received: &Received) -> Result<Pairs, Refusal> {
    let takes = |format: BodyFormat| {
        let own = match &call.body {
            Body::Form(_) => Some(BodyFormat::Form),
            Body::Json(_) => Some(BodyFormat::Json),
            Body::Empty => None,
        };
        let by_post = call.accepts.methods.len() > 1 && format == BodyFormat::Form;
        own == Some(format) || call.accepts.bodies.contains(&format) || by_post
    };
    match &received.body {
        Content::Empty => Ok(Vec::new()),
        Content::Form(pairs) if takes(BodyFormat::Form) => Ok(pairs.clone()),
        Content::Json(members) if takes(BodyFormat::Json) => {
            let pairs = members
                .iter()
                .map(|(name, value)| (name.clone(), text(value)));
            Ok(pairs.collect())
        }
        _ => Err(Refusal::request(
            "the body does not have the media type that the spec states",
        )),
    }
}

/// The context in which a request is read.
struct Reader<'r> {
    plan: &'r Plan,
    call: &'r Call,
    credentials: &'r Credentials,
}

impl Reader<'_> {
    fn rows(&self, rows: &[&Parameter], pairs: Pairs, facts: &mut Facts) -> Result<(), Refusal> {
        // A parameter without a value counts as omitted (RFC 6749 §3.2).
        let pairs: Pairs = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        for (at, (name, value)) in pairs.iter().enumerate() {
            if pairs[..at].iter().any(|(other, _)| other == name) {
                return Err(Refusal::request(&format!("`{name}` is repeated")));
            }
            match rows.iter().find(|row| row.name == *name) {
                Some(row) => self.row(row, value, facts)?,
                None if self.credentials.names.contains(name) => {}
                // A refresh may request fewer scopes (RFC 6749 §6).
                None if self.call.kind == CallKind::Refresh && name == "scope" => {
                    facts.fewer_scopes = Some(value.split([' ', ',']).map(str::to_owned).collect());
                }
                None if self.call.accepts.only_known => {
                    let words = format!("`{name}` is not a parameter of this call");
                    return Err(Refusal::request(&words));
                }
                None => facts.passed_over.push(name.clone()),
            }
        }
        let is_said = |row: &Parameter| pairs.iter().any(|(name, _)| *name == row.name);
        let missing = rows.iter().find(|row| {
            let in_header =
                self.credentials.in_header && self.credentials.names.contains(&row.name);
            // The login's challenge determines whether a verifier is required.
            let is_verifier = row.carries(&Source::CodeVerifier);
            !is_said(row)
                && !in_header
                && !is_verifier
                && !may_be_absent(self.plan, &self.call.arguments, row)
        });
        match missing {
            Some(row) if row.carries(&Source::ClientSecret) => Err(Refusal::client()),
            Some(row) => Err(Refusal::request(&format!("`{}` is missing", row.name))),
            None => Ok(()),
        }
    }

    fn row(&self, row: &Parameter, value: &str, facts: &mut Facts) -> Result<(), Refusal> {
        let wrong = || Refusal::constant(&row.name);
        match &row.value {
            Value::Template(template) => {
                facts.add(capture(self.plan, template, value).ok_or_else(wrong)?);
                Ok(())
            }
            Value::Number(number) if value == number.to_string() => Ok(()),
            Value::Boolean(boolean) if value == boolean.to_string() => Ok(()),
            Value::Scopes(set) => {
                let (asked, unknown) = asked_scopes(self.plan, *set, value);
                facts.scopes.push(asked);
                unknown.map_or(Ok(()), Err)
            }
            Value::Number(_) | Value::Boolean(_) => Err(wrong()),
        }
    }

    fn headers(&self, received: &Received, facts: &mut Facts) -> Result<(), Refusal> {
        let rows = self.call.headers.iter();
        for row in rows.filter(|row| !row.carries(&Source::Basic)) {
            let template = row.value.template();
            let found = received.header(&row.name).zip(template);
            let captured = found.and_then(|(value, own)| capture(self.plan, own, value));
            match captured {
                Some(captured) => facts.add(captured),
                None if row.name == "accept" && takes_answer(received, template) => {}
                None if may_be_absent(self.plan, &self.call.arguments, row)
                    && received.header(&row.name).is_none() => {}
                None if row.value.sources().any(shows_client) => return Err(Refusal::client()),
                None if row.carries(&Source::AccessToken) => return Err(Refusal::token()),
                None => {
                    let what = match received.header(&row.name) {
                        Some(_) => "does not have the value that the spec states",
                        None => "is missing",
                    };
                    let words = format!("the header `{}` {what}", row.name);
                    return Err(Refusal::request(&words));
                }
            }
        }
        Ok(())
    }
}

/// Returns the scopes of a parameter with the name of their set, and the reason to reject an unknown scope.
pub(super) fn asked_scopes(
    plan: &Plan,
    set: usize,
    value: &str,
) -> ((String, Vec<String>), Option<Refusal>) {
    let set = &plan.scope_sets[set];
    let mut scopes: Vec<String> = value.split(&*set.separator).map(str::to_owned).collect();
    let is_known = |scope: &String| {
        let known = set.known.iter().any(|own| own.id == *scope);
        set.open || known || set.always.contains(scope)
    };
    if set.passes_over {
        scopes.retain(is_known);
    }
    let unknown = scopes.iter().find(|scope| !is_known(scope));
    let unknown = unknown.map(|scope| Refusal::scope(&format!("unknown scope `{scope}`")));
    ((set.name.clone(), scopes), unknown)
}

/// Returns whether a client accepts a media type, by its `Accept` header (RFC 9110 §12.5.1).
fn takes_answer(received: &Received, template: Option<&Template>) -> bool {
    let wanted = template.and_then(literal).unwrap_or_default();
    let Some(accept) = received.header("accept") else {
        return true;
    };
    let mut ranges = accept
        .split(',')
        .map(|range| range.split(';').next().unwrap_or_default());
    ranges.any(|range| matches!(range.trim(), "*/*" | "application/*") || range.trim() == wanted)
}

fn shows_client(source: &Source) -> bool {
    matches!(source, Source::ClientId | Source::ClientSecret)
}

/// Returns whether a request is valid without a parameter.
///
/// It may omit scopes, optional arguments, and a redirect URI that the provider knows.
pub(super) fn may_be_absent(plan: &Plan, arguments: &[Argument], row: &Parameter) -> bool {
    let optional = |source: &Source| {
        matches!(source, Source::Argument(name)
            if arguments.iter().any(|own| own.name == *name && own.may_be_left_out()))
    };
    let is_known = plan.app.redirect_uri.is_optional && row.carries(&Source::RedirectUri);
    // A parameter without a value counts as omitted (RFC 6749 §3.1).
    let constant = row.value.template().and_then(literal);
    let is_empty = constant.is_some_and(|text| text.is_empty());
    is_empty
        || row.is_optional
        || is_known
        || matches!(row.value, Value::Scopes(_))
        || row.value.sources().any(optional)
}

/// Returns the text of a template, if it does not contain a value.
pub(super) fn literal(template: &Template) -> Option<String> {
    template
        .0
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) | Piece::Origin(text) => Some(text.as_str()),
            Piece::Source(_) => None,
        })
        .collect()
}

/// Returns the parameter with this name in a request's body or query.
pub(super) fn said(received: &Received, name: &str) -> Option<String> {
    let in_body = match &received.body {
        Content::Form(pairs) => pairs
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.clone()),
        Content::Json(members) => members
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| text(value)),
        Content::Empty | Content::Other => None,
    };
    let in_query = || {
        received
            .query
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.clone())
    };
    in_body.or_else(in_query)
}
