// SPDX-License-Identifier: Apache-2.0
#include "blocklists/list_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <sstream>

#include "resolver/base/digest.h"

namespace cenote::blocklists {
namespace {

constexpr std::size_t kErrorBytesMax = 4096;
constexpr std::size_t kOriginBytesMax = 16384;
constexpr unsigned kFileMode = 0644;

std::optional<WallTime> modified_at(const Path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return std::nullopt;
    return WallTime(seconds(info.st_mtim.tv_sec));
}

bool has_file(const Path& path) {
    std::error_code none;
    return std::filesystem::exists(path, none);
}

}  // namespace

Path ListStore::file(std::string_view id, std::string_view ending) const { return folder_ / Path(id).concat(ending); }

Status ListStore::write(const Path& path, ByteView content) const {
    std::error_code error;
    std::filesystem::create_directory(folder_, error);
    if (error) return Error{fmt::format("cannot make the folder {}: {}", folder_.string(), error.message())};
    return publish_file(path, content, kFileMode);
}

ListStatus ListStore::status(std::string_view id) const {
    ListStatus status;
    status.last_good = modified_at(copy_path(id));
    if (auto error = read_file(error_path(id), kErrorBytesMax)) {
        status.error = std::move(*error);
        status.failed_at = modified_at(error_path(id)).value_or(WallTime{});
        while (status.error.ends_with('\n')) status.error.pop_back();
    }
    return status;
}

bool ListStore::is_damaged(std::string_view id) const {
    const auto digests = read_file(file(id, ".sha256"), kErrorBytesMax);
    if (!digests || !has_file(copy_path(id))) return false;
    const auto copy = MappedFile::open(copy_path(id));
    return !copy || digests->find(to_hex(sha256(copy->bytes()))) == std::string::npos;
}

void ListStore::complete(Manifest::List& entry, SourceKind kind) const {
    entry.copy_damaged = is_damaged(entry.id);
    if (!entry.copy_damaged && has_file(copy_path(entry.id))) entry.last_good = copy_path(entry.id);
    entry.signed_since = signed_since(entry.id, entry.key);
    entry.signature = Path(entry.path).concat(".minisig");
    if (kind == SourceKind::Zone) {
        entry.path = zone_path(entry.id);
        entry.format = Format::Rpz;
        if (has_file(zone_expired_path(entry.id))) {
            entry.failed = "its zone has expired: the primary was unreachable for too long";
            entry.last_good.clear();
        } else if (!has_file(entry.path)) {
            entry.failed = "its zone was not transferred yet; 'cenoted --transfer' does that";
        }
    } else if (kind == SourceKind::Url) {
        entry.key.clear();  // the signature was checked when the copy was taken
        entry.path = copy_path(entry.id);
        if (entry.last_good.empty())
            entry.failed = entry.copy_damaged ? "its copy is damaged, and has to be fetched again; run cenote update"
                                              : "it has not been fetched yet; run cenote update";
    }
}

Status ListStore::keep_copy(std::string_view id, ByteView text) const {
    // First the digest, beside that of the copy which is there and fits its own: after a kill one of the two fits.
    std::string digests = to_hex(sha256(text)) + '\n';
    if (const auto before = MappedFile::open(copy_path(id)); before && !is_damaged(id))
        digests += to_hex(sha256(before->bytes())) + '\n';
    if (auto noted = write(file(id, ".sha256"), bytes_of(digests)); !noted) return noted;
    if (auto kept = write(copy_path(id), text); !kept) return kept;
    clear_error(id);
    return Done{};
}

Status ListStore::confirm_copy(std::string_view id) const {
    const Path copy = copy_path(id);
    if (::utimensat(AT_FDCWD, copy.c_str(), nullptr, 0) == 0) return Done{};
    // The time of another user's file cannot be set: it is written again.
    const auto text = MappedFile::open(copy);
    return text ? write(copy, text->bytes()) : Status(text.error());
}

Status ListStore::note_error(std::string_view id, const std::string& error) const {
    return write(error_path(id), bytes_of(error + "\n"));
}

void ListStore::clear_error(std::string_view id) const {
    std::error_code ignored;
    std::filesystem::remove(error_path(id), ignored);
}

Status ListStore::keep_catalogue_names(const std::string& names) const {
    return write(catalogue_names_path(), bytes_of(names));
}

std::int64_t ListStore::signed_since(std::string_view id, std::string_view key) const {
    const auto text = read_file(file(id, ".signed"), kErrorBytesMax);
    std::istringstream words(text ? *text : std::string());
    std::string signer;
    std::int64_t time = 0;
    return words >> signer >> time && signer == key ? time : 0;
}

Status ListStore::note_signed(std::string_view id, std::string_view key, std::int64_t time) const {
    return write(file(id, ".signed"), bytes_of(fmt::format("{} {}\n", key, time)));
}

ListOrigin ListStore::origin(std::string_view id) const {
    ListOrigin origin;
    const auto text = read_file(file(id, ".origin"), kOriginBytesMax);
    std::istringstream lines(text ? *text : std::string());
    for (std::string* line : {&origin.url, &origin.key, &origin.etag, &origin.last_modified})
        std::getline(lines, *line);
    lines >> origin.fetched_at;
    return origin;
}

Status ListStore::note_origin(std::string_view id, const ListOrigin& origin) const {
    return write(file(id, ".origin"), bytes_of(fmt::format("{}\n{}\n{}\n{}\n{}\n", origin.url, origin.key, origin.etag,
                                                           origin.last_modified, origin.fetched_at)));
}

}  // namespace cenote::blocklists
