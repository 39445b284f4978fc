// SPDX-License-Identifier: Apache-2.0
#include "blocklists/publisher.h"

#include <algorithm>
#include <array>

#include "blocklists/catalogue.h"
#include "resolver/base/drafts.h"
#include "resolver/domainset/publish.h"

namespace cenote::blocklists {
namespace {

using domainset::DomainSet;

void collect(std::vector<Error>& problems, Status status) {
    if (!status) problems.push_back(std::move(status).error());
}

/// Removes what a killed publisher has left half written. Only names that the holder of the lock alone writes.
void remove_left(const Path& set) {
    const std::string name = set.filename().string();
    remove_drafts(set.parent_path(), [&name](std::string_view target) {
        if (!target.starts_with(name)) return false;
        target.remove_prefix(name.size());
        return target == ".next" || target == ".changes" || target == ".failed" || target.starts_with(".delta.");
    });
    const ListStore store(set);
    remove_drafts(store.catalogue_names_path().parent_path(), [&store](std::string_view target) {
        constexpr std::array kEndings{".list", ".sha256", ".error", ".signed", ".origin", ".names"};
        const Path file(target);
        std::error_code none;
        // The thread that transfers a zone confirms the copy of its list without the lock.
        if (file.extension() == ".list" && std::filesystem::exists(store.zone_path(file.stem().string()), none))
            return false;
        return std::ranges::find(kEndings, file.extension().string()) != kEndings.end();
    });
}

}  // namespace

Result<Publisher> Publisher::lock(const Path& set, Author author, milliseconds patience) {
    auto locked = domainset::lock_for_publishing(set, patience);
    if (!locked) return std::move(locked).error();
    remove_left(set);
    return Publisher(set, std::move(author), *std::move(locked));
}

Status Publisher::note_begin() const { return note_update_begins(set_, wall_now()); }

Status Publisher::note_end(const std::string& why) const {
    return why.empty() ? clear_update_failure(set_) : note_update_failure(set_, {wall_now(), why});
}

Result<Publisher::Published> Publisher::publish(const Manifest& manifest, Diagnostics& diagnostics) const {
    auto report = compile(manifest, set_, diagnostics);
    if (!report) return std::move(report).error();
    Published published{*std::move(report), {}};
    collect(published.problems, store_.keep_catalogue_names(published.report.services_text));
    for (std::size_t i = 0; i < manifest.lists.size(); ++i)  // the reports are in the manifest's order
        collect(published.problems,
                keep_list(manifest.lists[i], published.report.lists[i], manifest.limits.file_bytes_max));
    const auto set = DomainSet::open_unverified(set_);
    collect(published.problems, set ? note_change(*set) : Status(set.error()));
    return published;
}

Status Publisher::keep_list(const Manifest::List& list, const ListReport& report, std::size_t bytes_max) const {
    if (!report.error.empty()) return store_.note_error(list.id, report.error);
    if (list.unmodified) {
        store_.clear_error(list.id);
        return store_.confirm_copy(list.id);
    }
    if (report.path == store_.copy_path(list.id)) {  // nothing was fetched: the copy was compiled again
        store_.clear_error(list.id);
        return Done{};
    }
    const auto text = read_file(report.path, bytes_max);
    if (!text) return text.error();
    Status kept = store_.keep_copy(list.id, bytes_of(*text));
    if (kept && !list.key.empty()) kept = store_.note_signed(list.id, list.key, report.signed_at);
    if (kept && list.origin) kept = store_.note_origin(list.id, *list.origin);
    return kept;
}

Result<std::optional<DomainSet>> Publisher::publish_delta(const DomainSet& known, const Increment& change,
                                                          const Manifest& manifest) const {
    Diagnostics mistakes;
    const auto catalogue = load_catalogue(manifest.services, mistakes);
    const auto acceptance = Acceptance::of(manifest, catalogue);
    if (!acceptance || mistakes.has_errors()) return {std::nullopt};  // a compilation names them
    const auto bytes = increment(known, change, *acceptance, manifest.built_at);
    if (!bytes) return bytes.error();
    if (!*bytes) return {std::nullopt};
    if (auto published = domainset::publish_delta(set_, **bytes, known); !published)
        return std::move(published).error();
    auto changed = DomainSet::open_unverified(set_, &known);
    if (!changed) return std::move(changed).error();
    if (auto noted = note_change(*changed); !noted) return std::move(noted).error();
    return {std::optional(*std::move(changed))};
}

Status Publisher::keep_copy(const std::string& list, ByteView text) const { return store_.keep_copy(list, text); }

Result<std::vector<Error>> Publisher::restore_previous() const {
    if (auto restored = domainset::restore_previous(set_); !restored) return std::move(restored).error();
    std::vector<Error> problems;
    const auto set = DomainSet::open_unverified(set_);
    collect(problems, set ? note_change(*set) : Status(set.error()));
    return problems;
}

Status Publisher::note_change(const DomainSet& set) const {
    return note_set_change(
        set_, {.at = wall_now(), .actor = author_.actor, .action = author_.action, .set = checksum_text(set)});
}

}  // namespace cenote::blocklists
