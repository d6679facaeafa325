//! The items of the security review, in its order.

/// A weakness that the security review proved or suspected.
pub(crate) struct Item {
    pub(crate) id: &'static str,
    /// A sentence that states the weakness.
    pub(crate) was: &'static str,
    /// The files whose code prevents it.
    pub(crate) files: &'static [&'static str],
    /// The tests that prove this, each by file and name.
    pub(crate) tests: &'static [(&'static str, &'static str)],
    /// A sentence that states what remains possible, or an empty text.
    pub(crate) open: &'static str,
}

const fn item(
    id: &'static str,
    was: &'static str,
    files: &'static [&'static str],
    tests: &'static [(&'static str, &'static str)],
) -> Item {
    Item {
        id,
        was,
        files,
        tests,
        open: "",
    }
}

impl Item {
    const fn but(self, open: &'static str) -> Item {
        Item { open, ..self }
    }
}

const CONNECTIONS: &str = "oauth-runtime/tests/oauth_connections.rs";
const HELD: &str = "tests/house/security/held.rs";
const HOSTILE: &str = "tests/compiler/hostile.rs";
const SERVED: &str = "tests/simulator/simulated_served.rs";
const SPEC_TEXT: &str = "tests/compiler/spec_text.rs";
const PRINTED: &str = "tests/compiler/spec_text/printed.rs";
const WAITS: &str = "tests/house/security/waits.rs";
const WEB: &str = "tests/lifecycle/login_web.rs";
const BY_HAND: &str = "tests/lifecycle/whose_app/by_hand.rs";

pub(crate) const VULNERABILITIES: &[Item] = &[
    item(
        "V1",
        "A line break in a text of a spec ended a fence of rustdoc, and `cargo test` ran what followed.",
        &[
            "oauth-spec/src/syntax/characters.rs",
            "oauth-spec/src/emit/prose.rs",
        ],
        &[
            (SPEC_TEXT, "no_field_takes_a_control_character"),
            (SPEC_TEXT, "one_line_of_hostile_text_is_refused_or_is_text"),
            (
                SPEC_TEXT,
                "random_text_in_any_place_of_a_shipped_spec_is_refused_or_is_text",
            ),
        ],
    ),
    item(
        "V2",
        "The snippet of a page contained an input's example without quotes.",
        &["oauth-spec/src/emit/docs/snippet.rs"],
        &[(
            SPEC_TEXT,
            "an_example_of_an_input_is_a_literal_of_the_snippet",
        )],
    ),
    item(
        "V3",
        "`check --changed` skipped files whose names git quotes, and succeeded.",
        &["oauth-spec/src/command/changed.rs"],
        &[
            (
                "tests/compiler/changed.rs",
                "a_changed_spec_is_checked_whatever_its_name_is_and_however_its_folder_is_spelled",
            ),
            (
                "tests/compiler/changed.rs",
                "an_overlay_is_checked_when_its_base_changed",
            ),
            (
                "tests/compiler/changed.rs",
                "a_changed_spec_that_is_not_checked_fails_the_check",
            ),
        ],
    ),
    item(
        "V4",
        "Patterns backtracked over a user's text, and suggestions were sought for names of any length.",
        &["oauth-runtime/src/provider/input.rs", "oauth-spec/src/steps.rs"],
        &[
            (HOSTILE, "a_user_s_text_is_matched_in_time_linear_in_it"),
            (HOSTILE, "no_spec_takes_more_steps_than_the_bound"),
            (HOSTILE, "what_is_too_large_is_refused_by_its_own_rule"),
        ],
    ),
    item(
        "V5",
        "A number from a provider blocked a connection for centuries, and made the operator's commands panic.",
        &[
            "oauth-runtime/src/response/rate_limit.rs",
            "oauth-runtime/src/lifecycle/operate/dates.rs",
        ],
        &[
            (WAITS, "a_wait_of_centuries_ends_after_a_day"),
            (WAITS, "an_operator_s_refresh_ignores_a_stored_wait"),
            (WAITS, "no_number_of_a_provider_stops_an_operator"),
            (WAITS, "a_wait_in_words_that_no_duration_holds_is_capped"),
        ],
    ),
    item(
        "V6",
        "Dropped sealing keys stayed in memory.",
        &["oauth-runtime/src/secret/seal.rs"],
        &[(
            "oauth-runtime/tests/wiped.rs",
            "a_sealing_key_leaves_memory_with_its_value",
        )],
    ),
    item(
        "V7",
        "`oauth-connections --help` printed the database's password.",
        &["oauth-runtime/src/bin/oauth-connections.rs"],
        &[(
            CONNECTIONS,
            "help_names_variables_and_shows_none_of_their_values",
        )],
    ),
    item(
        "V8",
        "`cargo spec build` wrote through links that another user had placed in the temporary folder.",
        &["oauth-spec/src/command/rustfmt.rs"],
        &[(
            "tests/house/security/written.rs",
            "a_build_needs_no_folder_that_others_can_write_to",
        )],
    ),
    item(
        "V9",
        "Workflow, hook and README installed crates whose names anyone could register.",
        &[".github/workflows/check-specs.yml"],
        &[
            (
                "tests/house/workflows.rs",
                "nothing_says_to_install_an_unregistered_name",
            ),
            (
                "tests/house/workflows.rs",
                "no_package_has_the_name_of_a_crate_that_was_removed_for_malicious_code",
            ),
            (
                "tests/house/workflows.rs",
                "workflows_run_no_input_and_may_read_alone",
            ),
        ],
    )
    .but("The names are not registered: that needs the account of an owner."),
    item(
        "V10",
        "ID tokens of another issuer or client were accepted, and tokens of any type went into a bearer header.",
        &["oauth-runtime/src/response/claims.rs", "oauth-runtime/src/token/mod.rs"],
        &[
            (
                "oauth-runtime/src/response/claims.rs",
                "an_id_token_of_another_login_client_or_issuer_is_refused",
            ),
            (
                "oauth-runtime/src/response/claims.rs",
                "a_login_that_asked_for_an_id_token_must_get_one",
            ),
            (
                "tests/house/security/tokens.rs",
                "a_token_that_needs_more_than_a_bearer_header_is_not_used_as_one",
            ),
        ],
    )
    .but("The signature of an ID token is not verified. OpenID Connect Core section 3.1.3.7 allows that for a response of the token endpoint."),
    item(
        "V11",
        "The check of the redirect URI compared a value with itself, and a code was exchanged by any app.",
        &["oauth-runtime/src/login/callback.rs", "oauth-runtime/src/login/mod.rs"],
        &[
            (
                "tests/lifecycle/login_sessions.rs",
                "a_callback_that_is_not_the_login_s_own_changes_nothing",
            ),
            (
                "tests/lifecycle/whose_app/codes.rs",
                "a_code_of_one_app_is_refused_by_the_other_before_anything_is_sent",
            ),
            (
                "tests/lifecycle/whose_app/codes.rs",
                "a_code_is_refused_with_other_inputs_before_anything_is_sent",
            ),
        ],
    ),
    item(
        "V12",
        "A changed host in a row sent the row's tokens to that host, and older sealed tokens opened.",
        &["oauth-runtime/src/lifecycle/store/sealing.rs"],
        &[
            (
                "tests/house/security/rows.rs",
                "a_row_that_states_another_customer_s_host_sends_nothing_there",
            ),
            (BY_HAND, "tokens_of_an_older_version_do_not_open"),
            (BY_HAND, "a_row_that_states_the_other_host_does_not_open"),
            (BY_HAND, "tokens_in_the_place_of_a_spare_do_not_open"),
        ],
    )
    .but("A writer to the database can put back a whole earlier row: the tokens of that time are used again."),
    item(
        "V13",
        "Findings, connection names and the simulator's log sent escapes to the terminal.",
        &["oauth-spec/src/control.rs", "oauth-runtime/src/printable.rs"],
        &[
            (
                PRINTED,
                "findings_have_no_control_characters_whatever_is_found",
            ),
            (
                CONNECTIONS,
                "a_name_from_elsewhere_forges_no_row_and_moves_no_cursor",
            ),
            ("tests/documents/guide.rs", "the_guide_shows_what_simulate_prints"),
        ],
    ),
    item(
        "V14",
        "A signature was compared up to its first wrong character, and two callbacks had one signed text.",
        &["oauth-runtime/src/login/callback.rs", "oauth-runtime/src/secret/mod.rs"],
        &[
            (
                "oauth-runtime/src/login/callback.rs",
                "what_is_computed_is_compared_whole",
            ),
            (
                "oauth-runtime/src/login/callback.rs",
                "one_signed_text_has_one_meaning",
            ),
        ],
    ),
    item(
        "V15",
        "A stranger's link to the callback consumed a pending login.",
        &[
            "oauth-runtime/src/web.rs",
            "oauth-runtime/src/lifecycle/logins.rs",
        ],
        &[
            (
                WEB,
                "a_request_that_is_not_the_login_s_callback_changes_nothing",
            ),
            (
                "tests/real/login_browser.rs",
                "a_browser_finishes_each_login_and_nothing_else_does",
            ),
        ],
    ),
    item(
        "V16",
        "`extends` and links read any file of the machine.",
        &["oauth-spec/src/files.rs"],
        &[
            (
                "oauth-spec/src/files.rs",
                "a_spec_is_a_regular_file_and_no_link_out_of_its_package",
            ),
            (
                "oauth-spec/src/files.rs",
                "extends_reads_specs_of_the_package_alone",
            ),
        ],
    ),
    item(
        "V17",
        "An authorization URL of any scheme was passed to the system's URL opener.",
        &[
            "oauth-runtime/src/login/loopback.rs",
            "oauth-spec/src/check/endpoints.rs",
        ],
        &[
            (
                "tests/lifecycle/login_loopback.rs",
                "nothing_but_a_web_page_is_opened",
            ),
            (
                "tests/compiler/hosts.rs",
                "no_accept_sends_a_browser_to_another_scheme",
            ),
        ],
    ),
    item(
        "V18",
        "A provider's error code and a token in a custom header were printed unescaped.",
        &["oauth-runtime/src/response/parse_error.rs", "oauth-runtime/src/call.rs"],
        &[
            (
                "oauth-runtime/src/response/parse_error.rs",
                "a_failure_prints_a_foreign_code_in_one_short_line",
            ),
            (
                "tests/real/http_door.rs",
                "every_header_that_may_carry_a_secret_is_sensitive",
            ),
        ],
    ),
    item(
        "V19",
        "Profiles accepted the password grant and the implicit flow, and texts of a choice could be any host.",
        &[
            "oauth-spec/src/check/profiles.rs",
            "oauth-spec/src/check/chosen.rs",
        ],
        &[
            ("tests/compiler/profiles.rs", "a_profile_refuses_the_password_grant"),
            ("tests/compiler/profiles.rs", "a_profile_refuses_the_implicit_flow"),
            (
                "tests/compiler/hosts.rs",
                "the_texts_of_a_choice_obey_the_rules_of_urls",
            ),
        ],
    ),
    item(
        "V20",
        "A file name became a workflow command, and workflows ran their inputs.",
        &["oauth-spec/src/control.rs", ".github/workflows/check-specs.yml"],
        &[
            (
                "tests/compiler/changed.rs",
                "a_file_s_name_is_no_workflow_command",
            ),
            (
                PRINTED,
                "a_file_s_name_is_no_command_of_a_workflow_and_of_no_terminal",
            ),
            (
                "tests/house/workflows.rs",
                "workflows_run_no_input_and_may_read_alone",
            ),
        ],
    ),
];

pub(crate) const HARDENING: &[Item] = &[
    item(
        "paths",
        "A token followed `..;`, `..%2f` and `%252e%252e` out of the API's base.",
        &["oauth-runtime/src/token/bearer.rs"],
        &[
            (
                "oauth-runtime/src/token/bearer.rs",
                "a_dot_segment_is_found_however_it_is_written",
            ),
            (
                "oauth-runtime/src/token/bearer.rs",
                "no_encoding_of_a_dot_segment_gets_a_token",
            ),
            (HELD, "a_token_goes_to_the_api_of_its_customer_alone"),
            (HELD, "a_call_that_may_leave_the_api_is_not_sent"),
        ],
    ),
    item(
        "hosts",
        "`allow = [\"*\"]` included loopback, private networks and the cloud's metadata address.",
        &["oauth-runtime/src/provider/input.rs", "oauth-spec/src/plan/input.rs"],
        &[
            (
                "oauth-runtime/src/provider/input.rs",
                "every_host_means_every_public_one_unless_the_spec_says_otherwise",
            ),
            (
                "tests/compiler/hosts.rs",
                "no_address_of_a_private_network_is_a_public_host",
            ),
            (HELD, "a_host_of_a_customer_is_one_of_the_list"),
        ],
    )
    .but("A public name may resolve to a private address: a deployment that must not reach its own network needs a proxy."),
    item(
        "state",
        "An accepted finding let a spec send no state, and its callbacks never verified.",
        &["oauth-spec/src/check/calls.rs"],
        &[(
            "tests/house/security/refused.rs",
            "a_login_without_its_state_is_refused_whatever_is_accepted",
        )],
    ),
    item(
        "files",
        "Database files were readable for everyone, and a key file of any mode was read.",
        &[
            "oauth-runtime/src/lifecycle/store/sqlite.rs",
            "oauth-runtime/src/lifecycle/store/sealing.rs",
        ],
        &[
            (CONNECTIONS, "files_are_for_their_owner_alone"),
            (
                "tests/lifecycle/on_call.rs",
                "sealing_keys_come_from_a_text_and_never_show_it",
            ),
        ],
    ),
    item(
        "cookies",
        "The ticket's cookie stayed after its login was finished.",
        &["oauth-runtime/src/web.rs"],
        &[(
            WEB,
            "a_login_is_finished_by_its_callback_and_its_cookie_is_cleared",
        )],
    ),
    item(
        "simulator",
        "A page whose name was rebound to loopback reached the simulator, and request bodies had no limit.",
        &["oauth-spec/src/simulator/server.rs"],
        &[
            (
                SERVED,
                "a_site_whose_name_was_rebound_to_loopback_reaches_no_provider",
            ),
            (SERVED, "a_request_body_without_end_is_refused"),
        ],
    ),
    item(
        "moments",
        "A point in time in milliseconds was never read.",
        &["oauth-runtime/src/response/members.rs"],
        &[(
            "oauth-runtime/src/response/members.rs",
            "points_in_time_are_read_to_the_end_of_the_year_9999",
        )],
    ),
    item(
        "bodies",
        "Nothing tested the deadline of a body that drips, nor odd bodies from outside.",
        &["oauth-runtime/src/http.rs", "oauth-runtime/src/json/mod.rs"],
        &[
            (HELD, "a_body_that_drips_meets_the_deadline"),
            (HELD, "no_body_is_too_odd_to_be_judged"),
        ],
    ),
    item(
        "redirects",
        "Nothing tested a client whose builder follows redirects.",
        &["oauth-runtime/src/http.rs"],
        &[(HELD, "a_builder_that_follows_redirects_does_not")],
    ),
    item(
        "headers",
        "Only one control character in a token was tested.",
        &["oauth-runtime/src/request/encode.rs", "oauth-runtime/src/call.rs"],
        &[(HELD, "no_control_character_but_the_tab_reaches_a_header")],
    ),
    item(
        "secrets",
        "No test drew secrets and looked for them in what types show of themselves.",
        &["oauth-runtime/src/secret/mod.rs", "oauth-runtime/src/secret/seal.rs"],
        &[
            (HELD, "nothing_that_holds_a_secret_shows_it"),
            (
                "tests/house/leaks.rs",
                "no_secret_is_in_anything_that_is_kept_or_told",
            ),
        ],
    )
    .but("Copies of tokens that `http`, `serde_json` and the network stack made are not wiped."),
];
