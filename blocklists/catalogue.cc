// SPDX-License-Identifier: Apache-2.0
#include "blocklists/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "blocklists/acceptance.h"
#include "blocklists/lines.h"
#include "blocklists/listed_name.h"
#include "blocklists/service_file.h"

namespace cenote::blocklists {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;
constexpr std::string_view kInfrastructure = "the list of shared infrastructure";
constexpr std::string_view kSharedFile = "shared_infrastructure.txt";

std::vector<Path> files_of(const Path& folder, Diagnostics& diagnostics) {
    std::vector<Path> files;
    std::error_code code;
    for (std::filesystem::directory_iterator at(folder, code), end; !code && at != end; at.increment(code))
        if (at->path().extension() == ".toml") files.push_back(at->path());
    if (code == std::errc::no_such_file_or_directory)
        diagnostics.warning({folder.string(), 0, 0}, "there is no such folder, no services are taken from it");
    else if (code)
        diagnostics.error({folder.string(), 0, 0}, fmt::format("cannot read the folder: {}", code.message()));
    std::sort(files.begin(), files.end());
    return files;
}

void join(std::vector<std::string>& texts, std::vector<std::string>& more) {
    for (auto& text : more)
        if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
}

/// A file of a later folder extends an existing service.
void extend(Service& service, ServiceDraft& later) {
    for (auto& domain : later.service.domains) {
        const auto same = std::find_if(service.domains.begin(), service.domains.end(),
                                       [&](const ServiceDomain& old) { return old.name == domain.name; });
        if (same == service.domains.end())
            service.domains.push_back(std::move(domain));
        else
            *same = std::move(domain);
    }
    join(service.aliases, later.service.aliases);
    join(service.categories, later.service.categories);
    join(service.evidence, later.service.evidence);
    if (later.service.checked) service.checked = later.service.checked;
    if (later.service.seen) service.seen = std::move(later.service.seen);
    service.shared.insert(service.shared.end(), later.service.shared.begin(), later.service.shared.end());
    for (const auto text : {&Service::name, &Service::vendor, &Service::jurisdiction, &Service::note})
        if (!(later.service.*text).empty()) service.*text = std::move(later.service.*text);
    if (later.says_default) service.by_default = later.service.by_default;
    if (later.says_watch) service.watched = later.service.watched;
    Sha256 both;
    both.update(service.digest);
    both.update(later.service.digest);
    service.digest = both.finish();
}

class Loader {
public:
    explicit Loader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    void load(const Path& folder) {
        std::map<std::string, SourcePlace> here;
        for (const auto& file : files_of(folder, diagnostics_))
            for (auto& draft : read_file_at(file)) take(std::move(draft), here);
        Path trimmed = folder;
        if (!trimmed.has_filename()) trimmed = trimmed.parent_path();  // "services/"
        load_shared(trimmed.parent_path() / kSharedFile);
    }

    Catalogue finish() && {
        check_words();
        for (const auto& service : catalogue_.services)
            for (const auto& name : service.shared)
                catalogue_.shared.push_back({name, fmt::format("service '{}'", service.id), {}});
        drop_shared_names();
        return std::move(catalogue_);
    }

private:
    std::vector<ServiceDraft> read_file_at(const Path& file) {
        const auto text = read_file(file, kFileBytesMax);
        if (text) return read_service_file(*text, file, diagnostics_);
        diagnostics_.error({file.string(), 0, 0}, text.error().text);
        return {};
    }

    void take(ServiceDraft draft, std::map<std::string, SourcePlace>& here) {
        const auto [first, fresh] = here.emplace(draft.service.id, draft.service.place);
        if (!fresh)
            return diagnostics_.error(draft.service.place,
                                      fmt::format("service '{}' is there already, at {}:{}; choose another id",
                                                  draft.service.id, first->second.file, first->second.line));
        const auto known = std::find_if(catalogue_.services.begin(), catalogue_.services.end(),
                                        [&](const Service& service) { return service.id == draft.service.id; });
        if (known != catalogue_.services.end()) return extend(*known, draft);
        require_all_of(draft, diagnostics_);
        catalogue_.services.push_back(std::move(draft.service));
    }

    /// A comment of a line of its own is the use of the names below it.
    void load_shared(const Path& file) {
        std::error_code code;
        if (!std::filesystem::exists(file, code)) return;
        const auto text = read_file(file, kFileBytesMax);
        if (!text) return diagnostics_.error({file.string(), 0, 0}, text.error().text);
        std::string why;
        std::string use;
        for_each_line(*text, [&](std::string_view line, std::uint32_t number) {
            if (line.starts_with('#')) use = trim(line.substr(1));
            line = trim(line.substr(0, line.find('#')));
            if (line.empty()) return true;
            if (const auto name = parse_listed_name(line, why))
                catalogue_.shared.push_back({*name, std::string(kInfrastructure), use});
            else
                diagnostics_.error({file.string(), number, 1}, fmt::format("{}; write one name a line", why));
            return true;
        });
    }

    /// An id or alias must identify one service.
    void check_words() {
        std::map<std::string, const Service*> words;
        for (const auto& service : catalogue_.services) words.emplace(service.id, &service);
        for (const auto& service : catalogue_.services)
            for (const auto& alias : service.aliases)
                if (const auto [other, fresh] = words.emplace(alias, &service); !fresh)
                    diagnostics_.error(service.place,
                                       fmt::format("alias '{}' of service '{}' is also a word for service "
                                                   "'{}'; choose another",
                                                   alias, service.id, other->second->id));
    }

    /// Leaves out entries that would sinkhole a name which other services share.
    void drop_shared_names() {
        Guard guard;
        for (const auto& shared : catalogue_.shared)
            guard.add(shared.name, Guard::Reach::NameOnly, fmt::format("a shared name of {}", shared.whose));
        for (auto& service : catalogue_.services)
            std::erase_if(service.domains, [&](const ServiceDomain& domain) {
                const Status checked = guard.check_name(domain.name, domainset::MatchKind::Suffix);
                if (!checked)
                    diagnostics_.error(domain.place,
                                       fmt::format("'{}' of service '{}' may not be sinkholed: {}; take it "
                                                   "out or name the hosts below it",
                                                   domain.name.to_string(), service.id, checked.error().text));
                return !checked;
            });
    }

    Diagnostics& diagnostics_;
    Catalogue catalogue_;
};

}  // namespace

Catalogue load_catalogue(std::span<const Path> folders, Diagnostics& diagnostics) {
    Loader loader(diagnostics);
    for (const auto& folder : folders) loader.load(folder);
    return std::move(loader).finish();
}

}  // namespace cenote::blocklists
