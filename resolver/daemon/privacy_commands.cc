// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/privacy_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "resolver/daemon/earlier_logs.h"
#include "resolver/daemon/looks.h"
#include "resolver/daemon/responses.h"
#include "resolver/report/privacy_statement.h"
#include "resolver/sinks/log_files.h"
#include "resolver/sinks/log_search.h"

namespace cenote::daemon {
namespace {

namespace field = report::field;

using control::Json;
using control::Peer;
using control::Request;
using control::Response;

constexpr std::size_t kShownDigits = 16;  // of a digest, as policy.cenote shows it

report::PrivacyFacts facts_of(const Running& running) {
    const config::Settings& settings = running.enforcement().loaded().settings;
    report::PrivacyFacts facts;
    facts.node = settings.node;
    facts.policy_digest = running.enforcement().version().digest.substr(0, kShownDigits);
    facts.at = wall_now();
    facts.identity = settings.privacy.identity;
    facts.agreement = settings.privacy.agreement;
    facts.rotate = settings.privacy.rotate;
    facts.smallest = settings.privacy.smallest;
    for (const policy::Directive& directive : running.enforcement().policy().options().directives)
        if (directive.identity && *directive.identity < settings.privacy.identity)
            facts.less.emplace_back(directive.id, *directive.identity);
    facts.history = settings.history.file;
    facts.keep_minutes = settings.history.keep_minutes;
    facts.keep_hours = settings.history.keep_hours;
    facts.log = settings.log.file;
    facts.all_queries = (!settings.log.file.empty() && settings.log.what == sinks::Scope::All) ||
                        (settings.dnstap.to && settings.dnstap.what == sinks::Scope::All);
    for (const sinks::ExportOptions& each : settings.exports) {
        facts.receivers.push_back(each.to.text);
        facts.all_queries = facts.all_queries || each.what == sinks::Scope::All;
    }
    if (settings.dnstap.to) facts.receivers.push_back(settings.dnstap.to->text);
    facts.keep_log = settings.log.keep;
    facts.keys = pseudonym_keys(settings);
    facts.state = settings.state;
    facts.admins = settings.control.admins;
    facts.approvers = settings.control.approvers;
    facts.readers = settings.control.readers;
    facts.inspectors = settings.control.inspectors;
    return facts;
}

/// The groups of a client, exceptions that name it, and whether memory has it.
Result<Json> known_of(Running& running, const IpAddress& client) {
    Json groups = Json::array();
    for (const policy::Group& group : running.enforcement().policy().options().groups)
        if (std::ranges::any_of(group.clients, [&](const Prefix& prefix) { return prefix.contains(client); }))
            groups.push_back(group.id);
    Json exceptions = Json::array();
    constexpr std::size_t kPage = 200;
    std::string after;
    for (bool more = true; more;) {
        const auto page = running.exception_uses().page(after, kPage);
        if (!page) return page.error();
        for (const auto& [document, use] : *page)
            if (document.client && document.client->contains(client)) exceptions.push_back(document.id);
        more = page->size() == kPage;
        if (more) after = page->back().first.id;
    }
    telemetry::Hub& hub = running.queries().hub();
    hub.count_samples();
    const auto top = hub.top_clients(telemetry::TopTable::kKept * 2);
    const auto bypass = hub.collect().bypass;
    const bool in_memory = std::ranges::any_of(top, [&](const auto& row) { return row.key == client.to_string(); }) ||
                           std::ranges::any_of(bypass, [&](const auto& row) { return row.client == client; });
    return Json{{field::kGroups, std::move(groups)},
                {field::kExceptions, std::move(exceptions)},
                {field::kInMemory, in_memory}};
}

Result<IpAddress> client_of(const Request& request) {
    const std::string text = text_in(request, field::kClient);
    const auto client = IpAddress::parse(text);
    return client ? Result<IpAddress>(*client)
                  : Result<IpAddress>(Error{fmt::format("'{}' is not an IP address", text)});
}

/// How a client is named in lines of the log: by its address and all its pseudonyms.
std::vector<std::string> names_in_log(Running& running, const IpAddress& client) {
    std::vector<std::string> names;
    if (const auto pseudonyms = running.hit_sinks().pseudonyms()) names = pseudonyms->names(client);
    names.push_back(client.to_string());
    return names;
}

/// Drops copies that did not get into place.
void drop(const std::vector<sinks::LogCopy>& copies) {
    std::error_code none;
    for (const sinks::LogCopy& copy : copies) std::filesystem::remove(copy.copy, none);
}

struct Copies {
    std::vector<sinks::LogCopy> all;
    std::string error;  // empty: they are complete
};

/// Has the log closed. The files that may have lines of a client: those of the log, and of logs before it.
Result<std::vector<Path>> files_to_search(sinks::LogFile* log, const Path& file, const Path& state) {
    auto files = files_of_earlier_logs(state, file);
    if (!files || log == nullptr) return files;
    if (auto closed = log->close_now(); !closed) return closed.error();
    for (const auto& [each, is_closed] : sinks::log_files(file, {}))
        if (is_closed) files->push_back(each);  // others came since
    return files;
}

/// Copies the files that have lines of the client.
Copies copy_logs(const std::vector<Path>& files, const sinks::ClientLines& lines, const std::atomic<bool>& stopping) {
    Copies made;
    const auto fail_with = [&made](const Error& error) {
        drop(made.all);
        return Copies{{}, error.text};
    };
    for (const Path& each : files) {
        const auto found = sinks::search_log(each, lines, stopping);
        if (!found) return fail_with(found.error());
        if (found->found == 0) continue;
        auto copy = sinks::copy_without(each, lines, stopping);
        if (!copy) return fail_with(copy.error());
        made.all.push_back(std::move(*copy));
    }
    return made;
}

/// What a person who asks for a removal is told: what stays has its reason.
Json what_stays(Running& running, const Json& known) {
    Json stays = Json::array();
    if (!known[field::kExceptions].empty())
        stays.push_back("exceptions that name it stay in the audit trail, which nothing is removed from");
    if (running.enforcement().loaded().settings.log.file.empty())
        stays.push_back(
            "no log is configured: of earlier ones, those were searched whose closed files the audit trail names; if "
            "there is another file, name it in [log].file and remove the address again, or delete it");
    if (!running.enforcement().loaded().settings.history.file.empty())
        stays.push_back("the history has no clients; estimates of their number lead back to none");
    return stays;
}

/// Puts the copies into place, each after its record, and forgets the clients in memory.
Response end_removal(Running& running, const Peer& peer, const Request& request, const IpAddress& client,
                     const Copies& copies) {
    if (!copies.error.empty()) return fail(copies.error + "; nothing was removed");
    const std::string purpose = text_in(request, field::kPurpose);
    std::uint64_t lines = 0;
    for (const sinks::LogCopy& copy : copies.all) {
        state::Record record = record_of(peer, request, "log rewrite");
        record.object = copy.file.string();
        record.before = fmt::format("{} lines, SHA-256 {}", copy.before.all, copy.before.sha256);
        record.after = fmt::format("{} lines, SHA-256 {}", copy.lines, copy.sha256);
        record.note = purpose;
        auto written = running.record(std::move(record));
        if (written) written = sinks::replace_log(copy);
        if (!written) {
            drop(copies.all);
            return fail(fmt::format("{}; {} lines were removed before that", written.error().text, lines));
        }
        lines += copy.before.found;
    }
    running.queries().hub().forget_clients();
    running.queries().wake();
    state::Record record = record_of(peer, request, "privacy erase");
    record.object = subject_text(running, client);
    record.after = fmt::format("{} lines of {} log files", lines, copies.all.size());
    record.note = purpose;
    if (auto written = running.record(std::move(record)); !written) return fail(written.error().text);
    const auto known = known_of(running, client);
    if (!known) return fail(known.error().text);
    return done({{field::kLines, lines},
                 {field::kFiles, copies.all.size()},
                 {field::kExceptions, (*known)[field::kExceptions]},
                 {field::kStays, what_stays(running, *known)}});
}

}  // namespace

Response privacy(Running& running, const Peer&, const Request& request) {
    const std::string word = text_of(request, field::kLanguage).value_or("en");
    const auto language = report::parse_statement_language(word);
    if (!language) return fail(fmt::format("there is no statement in '{}'; write en or ko", word));
    const report::PrivacyFacts facts = facts_of(running);
    Json answer = report::privacy_json(facts);
    answer[field::kLanguage] = word;
    answer[field::kText] = report::privacy_statement(facts, *language);
    return done(std::move(answer));
}

void privacy_about(Running& running, const Peer& peer, const Request& request, const Reply& reply) {
    const auto client = client_of(request);
    if (!client) return reply(fail(client.error().text));
    if (auto recorded = record_look(running, peer, request, "privacy about " + subject_text(running, *client));
        !recorded)
        return reply(fail(recorded.error().text));
    auto known = known_of(running, *client);
    if (!known) return reply(fail(known.error().text));
    Json answer = std::move(*known);
    answer[field::kClient] = client->to_string();
    answer[field::kIdentity] = telemetry::identity_to_text(identity_level(running));
    std::vector<std::string> names = names_in_log(running, *client);
    answer[field::kPseudonyms] = names.size() - 1;
    const Path log = running.enforcement().loaded().settings.log.file;
    const Path state = running.enforcement().loaded().settings.state;
    answer[field::kStores] = report::privacy_json(facts_of(running))[field::kStores];
    running.open_requests().slow.start(
        [answer, names, log, state](const std::atomic<bool>& stopping) -> SlowWork::End {
            const sinks::ClientLines lines(names);
            Json files = Json::array();
            auto all = files_of_earlier_logs(state, log);
            if (!all) return [error = all.error()] { return fail(error.text); };
            for (const auto& part : log.empty() ? std::vector<sinks::LogPart>() : sinks::log_files(log, {}))
                all->push_back(part.file);
            for (const Path& file : *all) {
                const auto found = sinks::search_log(file, lines, stopping);
                if (!found) return [error = found.error()] { return fail(error.text); };
                files.push_back({{field::kPath, file.string()}, {field::kLines, found->found}});
            }
            Json whole = answer;
            whole[field::kFiles] = std::move(files);
            return [whole] { return done(whole); };
        },
        reply);
}

void privacy_erase(Running& running, const Peer& peer, const Request& request, const Reply& reply) {
    const auto client = client_of(request);
    if (!client) return reply(fail(client.error().text));
    if (text_in(request, field::kPurpose).empty())
        return reply(fail("an address is removed for a purpose: give --purpose"));
    running.open_requests().slow.start(
        [&running, peer, request, client = *client, names = names_in_log(running, *client),
         log = running.hit_sinks().log(), file = running.enforcement().loaded().settings.log.file,
         state = running.enforcement().loaded().settings.state](const std::atomic<bool>& stopping) -> SlowWork::End {
            const auto files = files_to_search(log.get(), file, state);
            const Copies copies =
                files ? copy_logs(*files, sinks::ClientLines(names), stopping) : Copies{{}, files.error().text};
            return [&running, peer, request, client, copies] {
                return end_removal(running, peer, request, client, copies);
            };
        },
        reply);
}

}  // namespace cenote::daemon
