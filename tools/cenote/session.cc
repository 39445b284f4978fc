// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "resolver/config/documents.h"

namespace cenote::cli {
namespace {

/// All errors, one a line: each has its file and place in front.
Error errors_of(const Diagnostics& diagnostics) {
    std::string text;
    for (const auto& one : diagnostics.all()) {
        if (one.severity != Diagnostic::Severity::Error) continue;
        if (!text.empty()) text += '\n';
        text += one.to_string();
    }
    return Error{std::move(text)};
}

}  // namespace

Result<const config::Settings*> Session::settings() {
    if (!settings_) {
        Diagnostics diagnostics;
        settings_ = config::load(config, diagnostics);
        if (!settings_) return errors_of(diagnostics);
    }
    return &*settings_;
}

Result<std::shared_ptr<const domainset::DomainSet>> Session::set() {
    const auto known = settings();
    if (!known) return known.error();
    if ((*known)->set.empty()) return std::shared_ptr<const domainset::DomainSet>{};
    auto opened = domainset::open_with_fallback((*known)->set);
    if (!opened) return Error{opened.error().text + "; run cenote update"};
    return std::make_shared<const domainset::DomainSet>(std::move(opened->set));
}

Result<PolicyFromFiles> Session::past_policy(WallTime at) {
    const auto known = settings();
    if (!known) return known.error();
    auto base = set();
    if (!base) return std::move(base).error();
    const auto stored = state::read_policy_at((*known)->state, at);
    if (!stored) return stored.error();
    auto past = config::past_policy(*stored, *base, at);
    if (!past) return std::move(past).error();
    return PolicyFromFiles{std::move(past->policy), config::local_names(**known), std::move(past->remark)};
}

Result<PolicyFromFiles> Session::policy(WallTime at) {
    const auto known = settings();
    if (!known) return known.error();
    auto base = set();
    if (!base) return std::move(base).error();
    config::Made made;
    std::error_code none;  // before the daemon has run for the first time
    if (std::filesystem::exists((*known)->state, none)) {
        const auto rules = state::read_rules((*known)->state);
        if (!rules) return rules.error();
        made = config::made_of(*rules);
    }
    Diagnostics diagnostics;
    const auto options = config::with_documents(**known, made, diagnostics);
    if (options != nullptr) policy::Policy::check(*options, base->get(), diagnostics);
    if (diagnostics.has_errors()) return errors_of(diagnostics);
    auto built = policy::Policy::build(options, *base, 0, at);
    if (!built) return std::move(built).error();
    return PolicyFromFiles{std::move(*built), config::local_names(**known), {}};
}

Result<control::ControlClient*> Session::daemon() {
    if (client_ == nullptr) {
        auto client = control::ControlClient::connect(socket.empty() ? config::control_socket_of(config) : socket);
        if (!client) return std::move(client).error();
        client_ = std::move(*client);
    }
    return client_.get();
}

Result<Json> Session::ask(const std::string& verb, Json args) {
    const auto client = daemon();
    if (!client) return client.error();
    auto response = (*client)->call({.verb = verb, .args = std::move(args)}, nullptr);
    if (!response) return std::move(response).error();
    if (!response->ok) return Error{response->error};
    return std::move(response->data);
}

std::optional<Result<Json>> Session::ask_if_there(const std::string& verb, Json args) {
    if (!daemon_listens() || !ask("ping", Json::object())) return std::nullopt;
    return ask(verb, std::move(args));
}

bool Session::daemon_listens() { return daemon().ok(); }

Exit fail(const Error& error) {
    std::string_view text = error.text;
    do {
        const auto end = std::min(text.find('\n'), text.size());
        fmt::print(stderr, "cenote: {}\n", text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    } while (!text.empty());
    return Exit::Failed;
}

}  // namespace cenote::cli
