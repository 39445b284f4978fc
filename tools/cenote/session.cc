// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/session.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "resolver/base/printable.h"
#include "resolver/rules/policy_document.h"
#include "resolver/rules/rules.h"
#include "tools/cenote/as_owner.h"
#include "tools/cenote/stored_rules.h"

namespace cenote::cli {
namespace {

Result<std::optional<state::PolicyVersion>> stored_policy(const config::Settings& settings, WallTime at) {
    const auto owner = AsOwner::of(settings.state.parent_path());
    if (!owner) return owner.error();
    return state::read_policy_at(settings.state, at);
}

/// The whole content of an open file.
Result<std::vector<std::uint8_t>> read_all(const UniqueFd& fd) {
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return Error{fmt::format("cannot read the set: {}", std::strerror(errno))};
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(info.st_size));
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t got = ::pread(fd.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return Error{fmt::format("cannot read the set: {}", got < 0 ? std::strerror(errno) : "it ends")};
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

}  // namespace

Result<const config::Settings*> Session::settings() {
    if (!settings_) {
        Diagnostics diagnostics;
        settings_ = config::load(config, diagnostics);
        if (!settings_) return Error{all_errors(diagnostics)};
    }
    return &*settings_;
}

Result<std::shared_ptr<const domainset::DomainSet>> Session::set() {
    const auto known = settings();
    if (!known) return known.error();
    if ((*known)->set.empty()) return std::shared_ptr<const domainset::DomainSet>{};
    auto opened = domainset::open_with_fallback((*known)->set);
    if (!opened) return Error{opened.error().text + "; run 'cenote update'"};
    return std::make_shared<const domainset::DomainSet>(std::move(opened->set));
}

Result<PolicyFromFiles> Session::past_policy(WallTime at) {
    const auto known = settings();
    if (!known) return known.error();
    auto base = set();
    if (!base) return std::move(base).error();
    const auto stored = stored_policy(**known, at);
    if (!stored) return stored.error();
    auto past = rules::past_policy(*stored, *base, at);
    if (!past) return Error{at_site(past.error().text)};
    return PolicyFromFiles{std::move(past->policy), config::local_names(**known, {}), std::move(past->remark)};
}

Result<PolicyFromFiles> Session::policy(WallTime at) {
    const auto known = settings();
    if (!known) return known.error();
    auto base = set();
    if (!base) return std::move(base).error();
    const auto rules = stored_rules(**known);
    if (!rules) return rules.error();
    Diagnostics diagnostics;
    const auto options =
        rules::add_runtime_rules(config::file_policy(**known), rules::runtime_rules(*rules), diagnostics);
    if (options != nullptr) policy::Policy::check(*options, base->get(), diagnostics);
    if (diagnostics.has_errors()) return Error{all_errors(diagnostics)};
    auto built = policy::Policy::build(options, *base, 0, at);
    if (!built) return std::move(built).error();
    return PolicyFromFiles{std::move(*built), config::local_names(**known, {}), {}};
}

Result<PolicyFromFiles> Session::policy_in_force(WallTime at) {
    if (!daemon_listens()) {
        used_files_ = true;
        return policy(at);
    }
    auto document = ask_text("policy", Json::object());
    if (!document) return std::move(document).error();
    auto base = set_of_daemon();
    if (!base) return std::move(base).error();
    auto built = rules::past_policy(state::PolicyVersion{0, at, {}, std::move(*document)}, *base, at);
    if (!built) return std::move(built).error();
    if (!built->remark.empty()) built->remark = "cenoted has taken another set meanwhile; the names are from that one";
    return PolicyFromFiles{std::move(built->policy), {}, std::move(built->remark)};
}

Result<std::shared_ptr<const domainset::DomainSet>> Session::set_of_daemon() {
    const auto files = ask_files("set-files");
    if (!files) return files.error();
    if (files->empty()) return std::shared_ptr<const domainset::DomainSet>{};
    auto large = read_all(*files->front());
    if (!large) return std::move(large).error();
    auto set = domainset::DomainSet::from_bytes(std::move(*large));
    if (set && files->size() > 1) {
        auto delta = read_all(*files->back());
        if (!delta) return std::move(delta).error();
        set = set->with_delta(std::move(*delta));
    }
    if (!set) return std::move(set).error();
    return std::make_shared<const domainset::DomainSet>(std::move(*set));
}

Result<policy::LocalTimes> Session::read_site_times() {
    std::string zone;
    if (const auto known = ask_if_there("ping", Json::object()); known && *known && (*known)->is_object())
        zone = (*known)->value("timezone", "");
    if (!zone.empty()) return policy::LocalTimes::load(zone);
    const auto known = settings();
    if (!known) return known.error();
    return policy::LocalTimes::load((*known)->timezone);
}

Result<const policy::LocalTimes*> Session::site_times() {
    if (!site_times_) {
        site_times_.emplace(Error{"the time zone is being asked for"});  // for an error of that request
        site_times_.emplace(read_site_times());
    }
    if (!*site_times_) return site_times_->error();
    return &**site_times_;
}

std::string Session::at_site(std::string_view text) {
    if (!policy::has_utc_time(text)) return std::string(text);
    const auto times = site_times();
    return times ? (*times)->shown_in(text) : policy::LocalTimes().shown_in(text);
}

Json Session::json_at_site(Json answer) {
    if (answer.is_string()) return at_site(answer.get_ref<const std::string&>());
    if (answer.is_structured())
        for (Json& each : answer) each = json_at_site(std::move(each));
    return answer;
}

std::string Session::toml_at_site(std::string_view text) {
    if (!policy::has_utc_time(text)) return std::string(text);
    const auto times = site_times();
    return times ? (*times)->with_offsets_in(text) : std::string(text);
}

Result<std::unique_ptr<control::ControlClient>> Session::connect_if_there() {
    return control::ControlClient::connect_if_there(socket.empty() ? config::control_socket_of(config) : socket);
}

Result<std::vector<std::shared_ptr<const UniqueFd>>> Session::ask_files(const std::string& verb, Json args) {
    auto response = call(verb, std::move(args));
    if (!response) return std::move(response).error();
    return std::move(response->files);
}

Result<Json> Session::ask(const std::string& verb, Json args) {
    auto response = call(verb, std::move(args));
    if (!response) return std::move(response).error();
    return std::move(response->data);
}

Result<control::Response> Session::follow(const std::string& verb, Json args,
                                          const std::function<void(const control::Response&)>& on_part, int output) {
    const auto client = control::ControlClient::connect(socket.empty() ? config::control_socket_of(config) : socket);
    if (!client) return client.error();
    if (output >= 0) (*client)->write_to(output);
    auto response = (*client)->call({.verb = verb, .args = std::move(args)}, on_part);
    if (response && !response->ok) return Error{at_site(response->error)};
    return response;
}

/// The last reply, with the data of all of them.
Result<control::Response> Session::call(const std::string& verb, Json args) {
    control::JoinedData joined;
    auto response = follow(verb, std::move(args), [&joined](const control::Response& part) { joined.take(part.data); });
    if (response) response->data = std::move(joined).with(std::move(response->data));
    return response;
}

Result<std::string> Session::ask_text(const std::string& verb, Json args) {
    auto answer = ask(verb, std::move(args));
    if (!answer) return std::move(answer).error();
    if (!answer->is_string()) return Error{fmt::format("cenoted answered '{}' with something other than a text", verb)};
    return answer->get<std::string>();
}

std::optional<Result<Json>> Session::ask_if_there(const std::string& verb, Json args) {
    if (!daemon_listens()) return std::nullopt;
    return ask(verb, std::move(args));
}

/// A daemon that listens but cannot be reached counts, so that the request gives the reason.
bool Session::daemon_listens() {
    const auto client = connect_if_there();
    return !client || *client != nullptr;
}

Exit fail(const Error& error) {
    std::string_view text = error.text;
    do {
        const auto end = std::min(text.find('\n'), text.size());
        fmt::print(stderr, "cenote: {}\n", printable(text.substr(0, end)));
        text.remove_prefix(std::min(end + 1, text.size()));
    } while (!text.empty());
    return Exit::Failed;
}

Exit wrong_command_line(const Error& error) {
    fail(error);
    return Exit::WrongCommandLine;
}

}  // namespace cenote::cli
