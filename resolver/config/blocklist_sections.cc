// SPDX-License-Identifier: Apache-2.0
//
// [blocklist] and [[list]]: the input of the set's compilation.
#include <fmt/format.h>

#include <algorithm>

#include "blocklists/minisign.h"
#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
namespace {

constexpr std::string_view kDefaultSet = "/var/lib/cenote/cenote.set";

/// A path, made absolute, or a URL, unchanged; empty after a mistake.
std::string read_source(const TomlTable& table, const Draft& draft) {
    const auto source = table.required_text("source");
    if (!source) return {};
    const auto scheme_end = source->value.find("://");
    if (scheme_end == std::string::npos) return to_path(source->value, draft.folder).string();
    const std::string scheme = source->value.substr(0, scheme_end);
    if (scheme == "http" || scheme == "https") return source->value;
    if (scheme == "file" && source->value.starts_with("file:///")) return source->value.substr(7);
    if (scheme == "axfr") return source->value;
    table.error("source", fmt::format("'{}://' is not known; write a path, https://, http:// or axfr://", scheme));
    return {};
}

/// "axfr://192.0.2.53:53/rpz.nation.example": the primary and the zone of a list.
void read_zone(const TomlTable& table, const ListSettings& list, Draft& draft) {
    const auto tsig = table.text("tsig");
    if (!list.source.starts_with("axfr://")) {
        if (tsig) table.error("tsig", "'tsig' signs zone transfers; the source of this list is none");
        return;
    }
    const std::string_view rest = std::string_view(list.source).substr(7);
    const auto slash = rest.find('/');
    const auto primary = SocketAddress::parse(rest.substr(0, slash), 53);
    if (!primary || slash == std::string_view::npos)
        return table.error(
            "source",
            fmt::format("'{}' is no zone; write it as in axfr://192.0.2.53:53/rpz.nation.example", list.source));
    if (const auto source = table.text("source"); source && !check_destination(*source, *primary, draft.diagnostics))
        return;
    const auto zone = wire::read_name({std::string(rest.substr(slash + 1)), table.place("source")},
                                      wire::NameUse::Single, draft.diagnostics);
    if (!zone) return;
    transfer::SecondaryZoneOptions kept{.list = {}, .zone = *zone, .primary = *primary, .key = {}};
    if (tsig) {
        kept.key = wire::read_name(*tsig, wire::NameUse::Single, draft.diagnostics);
        draft.key_uses.push_back(*tsig);
    }
    draft.settings.transfer.secondary_zones.push_back(std::move(kept));
}

void read_list(const TomlTable& table, Draft& draft) {
    ListSettings list;
    list.place = table.place();
    list.source = read_source(table, draft);
    if (const auto format = read_word(table, "format", blocklists::parse_format,
                                      "auto, hosts, domains, wildcard, adblock, dnsmasq, unbound, rpz"))
        list.format = blocklists::format_to_text(*format);
    if (const auto age = read_whole_seconds(table, "max_age", {seconds{0}, seconds{86400 * 3650}})) list.max_age = *age;
    if (const auto key = table.text("key")) {
        list.key = key->value;
        if (const auto parsed = blocklists::MinisignKey::parse(key->value); !parsed)
            table.error("key", parsed.error().text);
    }
    read_zone(table, list, draft);

    const auto id = required_id(table, draft.diagnostics);
    if (!id) return;
    list.id = id->value;
    auto& kept = draft.settings.transfer.secondary_zones;
    if (list.source.starts_with("axfr://") && !kept.empty() && kept.back().list.empty()) kept.back().list = list.id;
    auto& lists = draft.settings.lists;
    const auto same = std::find_if(lists.begin(), lists.end(), [&](const auto& other) { return other.id == list.id; });
    if (same != lists.end())
        return draft.diagnostics.error(id->place, fmt::format("list '{}' is there already, in line {}; choose another "
                                                              "id",
                                                              list.id, same->place.line));
    draft.policy.lists.push_back({list.id, list.place});
    lists.push_back(std::move(list));
}

}  // namespace

void read_blocklist(const TomlTable& root, Draft& draft) {
    auto& settings = draft.settings;
    if (const auto table = root.table("blocklist")) {
        if (const auto set = table->text("set")) settings.set = to_path(set->value, draft.folder);
        for (const auto& folder : table->texts("services"))
            settings.services.push_back(to_path(folder.value, draft.folder));
        if (const auto popular = table->text("popular")) settings.popular = to_path(popular->value, draft.folder);
        settings.protect = wire::read_subtrees(*table, "protect", draft.diagnostics);
        draft.policy.unsinkholable.insert(draft.policy.unsinkholable.end(), settings.protect.begin(),
                                          settings.protect.end());
    }
    for (const auto& list : root.tables("list")) read_list(list, draft);
    // Without services and lists there is no set, unless the file names one that was compiled elsewhere.
    if (settings.set.empty() && (!settings.services.empty() || !settings.lists.empty())) settings.set = kDefaultSet;
}

}  // namespace cenote::config
