// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/fetched_lists.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "blocklists/list_store.h"

namespace cenote::cli {
namespace {

constexpr seconds kConfirmedMax{7 * 86400};  // of a list that is never stale: then it is fetched whole again

std::int64_t unix_now() { return wall_now().time_since_epoch().count(); }

}  // namespace

Result<FetchedLists> FetchedLists::fetch_all(const config::Settings& settings, blocklists::Manifest& manifest,
                                             bool local, std::optional<milliseconds> timeout) {
    FetchedLists lists(settings);
    if (local) return lists;
    for (const auto& list : settings.lists) {
        if (!config::is_url(list)) continue;
        if (lists.folder_.empty())
            if (auto made = lists.make_folder(); !made) return std::move(made).error();
        lists.want(list);
    }
    FetchLimits limits;
    limits.bytes_max = manifest.limits.file_bytes_max;
    if (timeout) limits.total = *timeout;
    lists.fetched_ = fetch(lists.wanted_, limits, ::isatty(STDERR_FILENO) == 1);
    for (std::size_t i = 0; i < lists.wanted_.size(); ++i) lists.put_into(manifest, i);
    return lists;
}

FetchedLists::FetchedLists(FetchedLists&& other) noexcept
    : settings_(other.settings_),
      folder_(std::exchange(other.folder_, Path())),
      wanted_(std::move(other.wanted_)),
      fetched_(std::move(other.fetched_)) {}

FetchedLists::~FetchedLists() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

Status FetchedLists::make_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cenote-update-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
        return Error{fmt::format("cannot make a folder for fetched lists in {}",
                                 std::filesystem::temp_directory_path().string())};
    folder_ = pattern;
    return Done{};
}

std::string FetchedLists::key_of(const std::string& id) const {
    for (const auto& list : settings_.lists)
        if (list.id == id) return list.key;
    return {};
}

void FetchedLists::want(const config::ListSettings& list) {
    Wanted wanted{.id = list.id, .url = list.source, .to = folder_ / list.id};
    if (!list.key.empty()) wanted.signature_to = folder_ / (list.id + ".minisig");
    const blocklists::ListStore store(settings_.set);
    const blocklists::ListOrigin origin = store.origin(list.id);
    const bool have = store.status(list.id).last_good.has_value() && !store.is_damaged(list.id);
    const seconds fresh = list.max_age.count() != 0 ? list.max_age : kConfirmedMax;
    const auto age = unix_now() - origin.fetched_at;
    const bool recent = age >= 0 && age < fresh.count();
    if (have && recent && origin.url == list.source && origin.key == list.key)
        wanted.known = {origin.etag, origin.last_modified};
    wanted_.push_back(std::move(wanted));
}

void FetchedLists::put_into(blocklists::Manifest& manifest, std::size_t index) const {
    const Wanted& wanted = wanted_[index];
    const Fetched& fetched = fetched_[index];
    const auto entry = std::find_if(manifest.lists.begin(), manifest.lists.end(),
                                    [&](const auto& each) { return each.id == wanted.id; });
    switch (fetched.outcome) {
        case Fetched::Outcome::New:
            entry->path = wanted.to;
            entry->url = wanted.url;
            entry->failed.clear();
            entry->key = key_of(wanted.id);
            entry->signature = wanted.signature_to;
            entry->origin = {wanted.url, entry->key, fetched.validators.etag, fetched.validators.last_modified,
                             unix_now()};
            fmt::print("list '{}': fetched, {} bytes\n", wanted.id, fetched.bytes);
            break;
        case Fetched::Outcome::Unchanged:
            entry->path = entry->last_good;
            entry->unmodified = true;
            fmt::print("list '{}': not modified (304)\n", wanted.id);
            break;
        case Fetched::Outcome::Failed: entry->failed = fetched.error; break;
    }
}

}  // namespace cenote::cli
