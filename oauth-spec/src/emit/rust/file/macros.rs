//! Calls of the runtime's macros, formatted with a row on each line. Rust formatters leave the content of a macro as it is.

use std::fmt::Write as _;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The length of a line that holds a macro without rows, in characters.
const LINE: usize = 100;

/// Formats a call of a macro of the runtime. Returns `None` if the item is not such a call.
pub(super) fn print(item: &TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let [head @ .., TokenTree::Group(body)] = tokens.as_slice() else {
        return None;
    };
    let [TokenTree::Ident(first), .., TokenTree::Punct(mark)] = head else {
        return None;
    };
    if first != "runtime" || mark.as_char() != '!' {
        return None;
    }
    let head = joined(head);
    let rows = rows(body.stream());
    let line = format!("{head} {{ {} }}", rows.join(" "));
    if line.chars().count() <= LINE && !line.contains("///") {
        return Some(line + "\n");
    }
    let mut text = format!("{head} {{\n");
    for row in rows {
        for line in row.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    text.push_str("}\n");
    Some(text)
}

/// Returns the rows of a macro, each with its documentation on separate lines. A row ends with a semicolon.
fn rows(body: TokenStream) -> Vec<String> {
    let mut rows = Vec::new();
    let (mut docs, mut row) = (String::new(), Vec::new());
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Punct(mark) if mark.as_char() == '#' && row.is_empty() => {
                if let Some(TokenTree::Group(attribute)) = tokens.next() {
                    docs.push_str(&documentation(&attribute.stream()));
                }
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => {
                rows.push(format!("{}{};", std::mem::take(&mut docs), joined(&row)));
                row.clear();
            }
            _ => row.push(token),
        }
    }
    if !row.is_empty() {
        rows.push(docs + &joined(&row));
    }
    rows
}

/// Returns a line of documentation from `doc = " text"`.
fn documentation(attribute: &TokenStream) -> String {
    let text = attribute.clone().into_iter().last();
    let text = text.and_then(|token| syn::parse2::<syn::LitStr>(token.into()).ok());
    let text = text.map(|text| text.value()).unwrap_or_default();
    format!("///{text}\n")
}

/// Joins tokens, with the spaces that a person would write.
fn joined(tokens: &[TokenTree]) -> String {
    let mut text = String::new();
    let mut is_open = true;
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let is_close = match token {
            TokenTree::Punct(mark) => matches!(mark.as_char(), ',' | ';' | '.' | '!' | ':'),
            // The arguments of a call. A reference leaves no space by itself.
            TokenTree::Group(group) => {
                group.delimiter() == Delimiter::Parenthesis
                    && matches!(before, Some(TokenTree::Ident(_)))
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => false,
        };
        if !is_open && !is_close {
            text.push(' ');
        }
        is_open = false;
        match token {
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let inner = joined(&inner);
                text.push_str(&match group.delimiter() {
                    Delimiter::Parenthesis => format!("({inner})"),
                    Delimiter::Bracket => format!("[{inner}]"),
                    Delimiter::Brace => format!("{{ {inner} }}"),
                    Delimiter::None => inner,
                });
            }
            TokenTree::Punct(mark) => {
                text.push(mark.as_char());
                let is_path = mark.as_char() == ':'
                    && (mark.spacing() == Spacing::Joint || text.ends_with("::"));
                is_open = is_path
                    || mark.spacing() == Spacing::Joint
                    || matches!(mark.as_char(), '&' | '.' | '!');
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => text.push_str(&token.to_string()),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn a_short_macro_is_one_line() {
        let item = quote! { runtime::token_methods! { AccessToken, scopes, not_granted(Scope) } };
        assert_eq!(
            print(&item).unwrap(),
            "runtime::token_methods! { AccessToken, scopes, not_granted(Scope) }\n"
        );
    }

    #[test]
    fn a_macro_with_rows_has_a_line_for_each_and_for_its_documentation() {
        let item = quote! {
            runtime::error_codes! {
                ErrorCode;
                #[doc = " Log in again."]
                INVALID_GRANT = "invalid_grant": LogIn;
                #[doc = " Wait."]
                SLOW = "slow": Retry "Wait" .described(&["a", "b"]), SlowDown "Wait" .in_call("revoke");
                status 429: SlowDown "Wait";
            }
        };
        let expected = r#"runtime::error_codes! {
    ErrorCode;
    /// Log in again.
    INVALID_GRANT = "invalid_grant": LogIn;
    /// Wait.
    SLOW = "slow": Retry "Wait".described(&["a", "b"]), SlowDown "Wait".in_call("revoke");
    status 429: SlowDown "Wait";
}
"#;
        assert_eq!(print(&item).unwrap(), expected);
    }

    #[test]
    fn another_item_is_none() {
        assert_eq!(print(&quote! { pub struct App(u8); }), None);
        assert_eq!(print(&quote! { fn f() { runtime::f!(); } }), None);
    }
}
