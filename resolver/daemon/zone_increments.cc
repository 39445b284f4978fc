// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/zone_increments.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_set>

#include "blocklists/publisher.h"
#include "blocklists/rpz_trigger.h"
#include "resolver/base/log.h"
#include "resolver/control/control.h"
#include "resolver/report/fields.h"
#include "resolver/report/popular_names.h"

namespace cenote::daemon {
namespace {

using transfer::RpzRecord;

struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
};
using Keys = std::unordered_set<std::string, Hash, std::equal_to<>>;

/// The labels of a name without the root label, in the form of RpzRecord::owner.
std::string_view key_of(ByteView wire) { return {reinterpret_cast<const char*>(wire.data()), wire.size() - 1}; }

/// The name that a record is about: its owner, without the asterisk label.
std::string_view subject_of(const RpzRecord& record) {
    const std::string_view owner = record.owner;
    return owner.starts_with("\1*") ? owner.substr(2) : owner;
}

std::string name_text(std::string_view wire_format) {
    wire::Name name;
    std::size_t end = 0;
    return name.read_uncompressed(bytes_of(wire_format), end) ? name.to_string() : std::string();
}

/// As a compilation reads the zone's master file: a record that it would not understand gives no rule.
void add_rule(std::vector<blocklists::Rule>& rules, const RpzRecord& record) {
    const std::string owner = name_text(record.owner + '\0');
    std::optional<std::string> target;
    if (record.type == wire::RrType::CNAME) target = name_text(record.rdata);
    std::string ignored;
    const auto read = blocklists::read_rpz_record(owner, target, ignored);
    if (read.understood && read.applies) rules.push_back(read.rule);
}

std::vector<blocklists::Rule> rules_of(const std::vector<RpzRecord>& records) {
    std::vector<blocklists::Rule> rules;
    for (const RpzRecord& record : records) add_rule(rules, record);
    return rules;
}

/// The rules of records whose subject is one of the names, above or below one.
std::vector<blocklists::Rule> rules_around(const std::vector<RpzRecord>& records,
                                           const std::vector<wire::Name>& names) {
    Keys themselves, above;
    for (const wire::Name& name : names) {
        themselves.emplace(key_of(name.wire()));
        for (std::uint8_t labels = name.labels(); labels > 0; --labels) above.emplace(key_of(name.suffix(labels)));
    }
    std::vector<blocklists::Rule> rules;
    for (const RpzRecord& record : records) {
        const std::string_view subject = subject_of(record);
        bool near = above.find(subject) != above.end();
        for (std::string_view rest = subject; !rest.empty() && !near;) {
            near = themselves.find(rest) != themselves.end();
            rest.remove_prefix(
                std::min(rest.size(), static_cast<std::size_t>(static_cast<unsigned char>(rest[0])) + 1));
        }
        if (near) add_rule(rules, record);
    }
    return rules;
}

/// The text that a compilation would have taken, which is that of the zone's own file.
Status keep_as_copy(const config::Settings& settings, const blocklists::Publisher& publisher, const std::string& list) {
    const auto text = MappedFile::open(blocklists::ListStore(settings.set).zone_path(list));
    return text ? publisher.keep_copy(list, text->bytes()) : Status(text.error());
}

/// The names that are queried most, from the daemon; empty where none runs, nullopt where the request fails.
std::optional<std::vector<wire::Name>> popular_names(const config::Settings& settings) {
    const auto client = control::ControlClient::connect(settings.control.socket);
    if (!client) return std::vector<wire::Name>();
    const auto response = (*client)->call(report::popular_names_request(), nullptr);
    if (!response || !response->ok) return std::nullopt;
    return report::popular_names(response->data);
}

/// Where no daemon runs, its next start takes the set.
Status load_into_daemon(const config::Settings& settings, std::string note) {
    const auto client = control::ControlClient::connect(settings.control.socket);
    if (!client) return Done{};
    namespace field = report::field;
    const auto response = (*client)->call(
        {.verb = "reload-set", .args = {{field::kAction, "update"}, {field::kNote, std::move(note)}}}, nullptr);
    if (!response) return response.error();
    return response->ok ? Status(Done{}) : Status(Error{response->error});
}

}  // namespace

Result<bool> ZoneIncrements::apply(const std::string& list, const StoredZoneVersion& before,
                                   const StoredZoneVersion& now) {
    Diagnostics mistakes;
    const auto settings = config::load(config_, mistakes);
    if (!settings) return false;  // a compilation names them
    const auto publisher =
        blocklists::Publisher::lock(settings->set, {control::own_actor(), "update"}, milliseconds{0});
    if (!publisher) return false;  // another update is running: the compilation of all follows it
    auto set = domainset::DomainSet::open_unverified(settings->set, known_ ? &*known_ : nullptr);
    if (!set) return false;
    known_ = std::move(*set);

    const transfer::RpzDiff diff = transfer::difference(before.data.records, now.data.records);
    blocklists::Increment increment;
    increment.list = list;
    increment.before = before.text;
    increment.now = now.text;
    increment.removed = rules_of(diff.removed);
    increment.added = rules_of(diff.added);
    increment.around = [&](const std::vector<wire::Name>& names) { return rules_around(now.data.records, names); };

    auto manifest = config::manifest_of(*settings, wall_now());
    if (manifest.popular.empty()) {
        auto names = popular_names(*settings);
        if (!names) return false;
        manifest.popular_names = std::move(*names);
    }
    auto changed = publisher->publish_delta(*known_, increment, manifest);
    if (!changed) return std::move(changed).error();
    if (!*changed) return false;
    known_ = std::move(**changed);
    const std::string note = fmt::format("list {}: zone serial {}, {} records came and {} went", list,
                                         now.data.soa.serial, diff.added.size(), diff.removed.size());
    log::notice("{}; {} names beside the set", note, known_->info().delta);
    if (auto loaded = load_into_daemon(*settings, note); !loaded) return std::move(loaded).error();
    // Last: a process that is killed before leaves a copy older than the zone, and its successor compiles all.
    if (auto kept = keep_as_copy(*settings, *publisher, list); !kept) return std::move(kept).error();
    return true;
}

}  // namespace cenote::daemon
