// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/zone_increments.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_set>

#include "blocklists/catalogue.h"
#include "blocklists/compile.h"
#include "blocklists/increment.h"
#include "resolver/base/log.h"
#include "resolver/config/list_copies.h"
#include "resolver/config/set_changes.h"
#include "resolver/control/control.h"
#include "resolver/domainset/publish.h"
#include "resolver/rules/policy_document.h"

namespace cenote::daemon {
namespace {

using transfer::RpzRecord;

constexpr unsigned kFileMode = 0644;

struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
};
using Keys = std::unordered_set<std::string, Hash, std::equal_to<>>;

/// The labels of a name without the root, as owners of records have it.
std::string_view key_of(ByteView wire) { return {reinterpret_cast<const char*>(wire.data()), wire.size() - 1}; }

/// What a record speaks of: its owner, or what stands below the asterisk.
std::string_view subject_of(const RpzRecord& record) {
    const std::string_view owner = record.owner;
    return owner.starts_with("\1*") ? owner.substr(2) : owner;
}

std::vector<std::string> lines_of(const std::vector<RpzRecord>& records) {
    std::vector<std::string> lines;
    for (const RpzRecord& record : records) lines.push_back(transfer::to_text(record));
    return lines;
}

/// The records whose subject is one of the names, above or below one.
std::vector<std::string> around(const std::vector<RpzRecord>& records, const std::vector<wire::Name>& names) {
    Keys themselves, above;
    for (const wire::Name& name : names) {
        themselves.emplace(key_of(name.wire()));
        for (std::uint8_t labels = name.labels(); labels > 0; --labels) above.emplace(key_of(name.suffix(labels)));
    }
    std::vector<std::string> lines;
    for (const RpzRecord& record : records) {
        const std::string_view subject = subject_of(record);
        bool near = above.find(subject) != above.end();
        for (std::string_view rest = subject; !rest.empty() && !near;) {
            near = themselves.find(rest) != themselves.end();
            rest.remove_prefix(
                std::min(rest.size(), static_cast<std::size_t>(static_cast<unsigned char>(rest[0])) + 1));
        }
        if (near) lines.push_back(transfer::to_text(record));
    }
    return lines;
}

/// As `cenote update` leaves it: the text that was taken, which is that of the zone's own file.
Status keep_as_copy(const config::Settings& settings, const std::string& list) {
    const auto text = MappedFile::open(config::zone_path(settings, list));
    if (!text) return text.error();
    if (auto kept = publish_file(config::list_copy_path(settings, list), text->bytes(), kFileMode); !kept) return kept;
    std::error_code error;
    std::filesystem::remove(config::list_error_path(settings, list), error);
    return Done{};
}

/// What the daemon sees people ask for; nothing where none runs, nullopt where it does not say.
std::optional<std::vector<wire::Name>> popular_names(const config::Settings& settings) {
    const auto client = control::ControlClient::connect(settings.control.socket);
    if (!client) return std::vector<wire::Name>();
    const auto response = (*client)->call(report::popular_names_request(), nullptr);
    if (!response || !response->ok) return std::nullopt;
    return report::popular_names(response->data);
}

/// A daemon that does not run takes the set at its next start.
Status tell_daemon(const config::Settings& settings, std::string note) {
    const auto client = control::ControlClient::connect(settings.control.socket);
    if (!client) return Done{};
    const auto response =
        (*client)->call({.verb = "reload-set", .args = {{"action", "update"}, {"note", std::move(note)}}}, nullptr);
    if (!response) return response.error();
    return response->ok ? Status(Done{}) : Status(Error{response->error});
}

}  // namespace

Result<bool> ZoneIncrements::apply(const std::string& list, const KeptVersion& before, const KeptVersion& now) {
    Diagnostics mistakes;
    const auto settings = config::load(config_, mistakes);
    if (!settings) return false;  // compiling names them
    const auto lock = domainset::lock_for_publishing(settings->set);
    if (!lock) return false;  // another update is at work: ours comes after it
    auto set = domainset::DomainSet::open_unread(settings->set, known_ ? &*known_ : nullptr);
    if (!set) return false;
    known_ = std::move(*set);

    const transfer::RpzDiff diff = transfer::difference(before.data.records, now.data.records);
    blocklists::Increment increment;
    increment.list = list;
    increment.before = before.text;
    increment.now = now.text;
    increment.removed = lines_of(diff.removed);
    increment.added = lines_of(diff.added);
    increment.around = [&](const std::vector<wire::Name>& names) { return around(now.data.records, names); };

    auto manifest = config::manifest_of(*settings, wall_now());
    if (manifest.popular.empty()) {
        auto names = popular_names(*settings);
        if (!names) return false;
        manifest.popular_names = std::move(*names);
    }
    const auto popular = blocklists::Popular::of(manifest);
    const auto catalogue = blocklists::load_catalogue(manifest.services, mistakes);
    if (!popular || mistakes.has_errors()) return false;
    const auto bytes = blocklists::increment(*known_, increment, blocklists::guard_of(manifest, catalogue), *popular,
                                             manifest.built_at);
    if (!bytes) return bytes.error();
    if (!*bytes) return false;
    if (auto published = domainset::publish_delta(settings->set, **bytes, *known_); !published)
        return std::move(published).error();
    auto changed = domainset::DomainSet::open_unread(settings->set, &*known_);
    if (!changed) return std::move(changed).error();
    known_ = std::move(*changed);
    if (auto noted = config::note_set_change(settings->set, {.at = manifest.built_at,
                                                             .actor = control::own_actor(),
                                                             .action = "update",
                                                             .set = rules::digests_of(&*known_).set});
        !noted)
        return std::move(noted).error();
    const std::string note = fmt::format("list {}: zone serial {}, {} records came and {} went", list,
                                         now.data.soa.serial, diff.added.size(), diff.removed.size());
    log::notice("{}; {} names beside the set", note, known_->info().delta);
    if (auto told = tell_daemon(*settings, note); !told) return std::move(told).error();
    // Last: until then whoever keeps the zone after us knows by the copy's age that this may not have come to an end.
    if (auto kept = keep_as_copy(*settings, list); !kept) return std::move(kept).error();
    return true;
}

}  // namespace cenote::daemon
