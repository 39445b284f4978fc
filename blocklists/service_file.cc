// SPDX-License-Identifier: Apache-2.0
#include "blocklists/service_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "blocklists/listed_name.h"
#include "resolver/base/ascii.h"
#include "resolver/base/toml.h"

namespace cenote::blocklists {
namespace {

const std::vector<std::string> kCategories{"agent", "api",     "bypass", "chat",   "coding", "companion", "hub",
                                           "image", "meeting", "music",  "search", "video",  "voice",     "writing"};

bool is_id(std::string_view text) noexcept {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

bool is_country(std::string_view text) noexcept {
    return text.size() == 2 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::vector<std::string> roles() {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < domainset::kRoleCount; ++i)
        all.emplace_back(domainset::role_to_text(static_cast<domainset::Role>(i)));
    return all;
}

std::string unknown(std::string_view what, std::string_view word, const std::vector<std::string>& known) {
    const auto near = nearest(word, known);
    return near.empty() ? fmt::format("unknown {} '{}'; it is one of: {}", what, word, fmt::join(known, ", "))
                        : fmt::format("unknown {} '{}'; did you mean '{}'?", what, word, near);
}

class FileReader {
public:
    FileReader(const TomlTable& root, Diagnostics& diagnostics) : root_(root), diagnostics_(diagnostics) {}

    std::vector<ServiceDraft> read(const Sha256Digest& digest) {
        const auto vendor = root_.text("vendor");
        const auto jurisdiction = read_jurisdiction(root_);
        std::vector<ServiceDraft> drafts;
        for (const auto& table : root_.tables("service")) {
            auto draft = read_service(table);
            if (!draft) continue;
            draft->service.digest = digest;
            if (vendor) draft->service.vendor = vendor->value;
            if (draft->service.jurisdiction.empty()) draft->service.jurisdiction = jurisdiction;
            drafts.push_back(std::move(*draft));
        }
        return drafts;
    }

private:
    std::optional<ServiceDraft> read_service(const TomlTable& table) {
        ServiceDraft draft;
        Service& service = draft.service;
        service.place = table.place();
        const auto id = table.required_text("id");
        if (id && !is_id(id->value)) table.error("id", fmt::format("'{}' is no id; write a-z, 0-9 and '-'", id->value));
        if (id) service.id = id->value;
        service.aliases = read_aliases(table);
        if (const auto name = table.text("name")) service.name = name->value;
        service.categories = read_categories(table);
        draft.says_default = table.has("default");
        service.by_default = table.boolean("default").value_or(true);
        service.jurisdiction = read_jurisdiction(table);
        if (const auto note = table.text("note")) service.note = note->value;
        for (const auto& text : table.texts("shared"))
            if (const auto name = read_name(text)) service.shared.push_back(*name);
        service.checked = table.date("checked");
        service.seen = read_seen(table);
        draft.says_watch = table.has("watch");
        service.watched = table.boolean("watch").value_or(false);
        for (const auto& text : table.texts("evidence")) service.evidence.push_back(text.value);
        for (const auto& domain : table.tables("domain")) read_domain(domain, service);
        if (!id || !is_id(id->value)) return std::nullopt;
        return draft;
    }

    void read_domain(const TomlTable& table, Service& service) {
        const auto name_text = table.required_text("name");
        const auto role_text = table.required_text("role");
        const bool strict = table.boolean("strict").value_or(false);
        auto seen = read_seen(table);
        if (!name_text || !role_text) return;
        const auto role = domainset::parse_role(role_text->value);
        if (!role) return table.error("role", unknown("role", role_text->value, roles()));
        const auto name = read_name(*name_text);
        if (!name) return;
        const auto same = std::find_if(service.domains.begin(), service.domains.end(),
                                       [&](const ServiceDomain& other) { return other.name == *name; });
        if (same != service.domains.end())
            return table.error("name", fmt::format("'{}' is there already, in line {}; keep one of them",
                                                   name_text->value, same->place.line));
        service.domains.push_back({*name, *role, strict, name_text->place, std::move(seen)});
    }

    /// seen = { day = 2026-08-19, source = "owner/repository", revision = "c975ccef" }
    static std::optional<Sighting> read_seen(const TomlTable& table) {
        const auto inside = table.table("seen");
        if (!inside) return std::nullopt;
        Sighting seen;
        seen.day = inside->date("day");
        const auto source = inside->required_text("source");
        const auto revision = inside->text("revision");
        if (!source) return std::nullopt;
        seen.source = source->value;
        if (revision) seen.revision = revision->value;
        return seen;
    }

    std::optional<wire::Name> read_name(const TomlText& text) {
        std::string why;
        auto name = parse_listed_name(text.value, why);
        if (!name) diagnostics_.error(text.place, fmt::format("{}; write a plain domain name", why));
        return name;
    }

    std::vector<std::string> read_aliases(const TomlTable& table) {
        std::vector<std::string> aliases;
        for (const auto& text : table.texts("aliases")) {
            if (!is_id(text.value))
                diagnostics_.error(text.place, fmt::format("'{}' is no alias; write a-z, 0-9 and '-'", text.value));
            else
                aliases.push_back(text.value);
        }
        return aliases;
    }

    std::vector<std::string> read_categories(const TomlTable& table) {
        std::vector<std::string> categories;
        for (const auto& text : table.texts("category")) {
            if (std::find(kCategories.begin(), kCategories.end(), text.value) == kCategories.end())
                diagnostics_.error(text.place, unknown("category", text.value, kCategories));
            else
                categories.push_back(text.value);
        }
        return categories;
    }

    std::string read_jurisdiction(const TomlTable& table) {
        const auto text = table.text("jurisdiction");
        if (!text) return {};
        if (is_country(text->value)) return text->value;
        table.error("jurisdiction",
                    fmt::format("'{}' is no country; write two letters of ISO 3166-1, such as \"KR\", or "
                                "\"ZZ\" where it is not known",
                                text->value));
        return {};
    }

    TomlTable root_;
    Diagnostics& diagnostics_;
};

}  // namespace

std::vector<ServiceDraft> read_service_file(std::string_view text, const Path& file, Diagnostics& diagnostics) {
    const auto toml = TomlFile::parse(text, file.string(), diagnostics);
    if (!toml) return {};
    const auto digest = sha256(bytes_of(text));
    auto drafts = FileReader(toml->root(), diagnostics).read(digest);
    toml->finish();
    return drafts;
}

void require_all_of(const ServiceDraft& draft, Diagnostics& diagnostics) {
    const auto& service = draft.service;
    const auto missing = [&](std::string_view what) {
        diagnostics.error(service.place, fmt::format("service '{}' has no {}; add it", service.id, what));
    };
    if (service.name.empty()) missing("name");
    if (service.vendor.empty()) missing("vendor (at the top of the file)");
    if (service.jurisdiction.empty()) missing("jurisdiction (at the top of the file)");
    if (service.categories.empty()) missing("category");
}

}  // namespace cenote::blocklists
