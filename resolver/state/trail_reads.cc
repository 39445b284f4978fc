// SPDX-License-Identifier: Apache-2.0
#include "resolver/state/trail_reads.h"

#include <fmt/format.h>

#include "resolver/base/digest.h"
#include "resolver/state/rows.h"

namespace cenote::state {
namespace {

Error cannot_read(const Path& path, const Error& why) {
    return Error{fmt::format("cannot read {}: {}", path.string(), why.text)};
}

Status each_text(const Database& database, std::string_view sql, const std::function<void(const Statement&)>& on_row) {
    return each_row(database.prepare(sql), [&](const Statement& row) {
        on_row(row);
        return Status(Done{});
    });
}

}  // namespace

Result<std::vector<std::pair<std::string, Record>>> read_records(const Path& path, std::string_view action) {
    const auto database = Database::open(path, Database::Mode::ReadOnly);
    if (!database) return database.error();
    auto records = records_with_action(*database, action);
    if (!records) return cannot_read(path, records.error());
    return records;
}

Result<std::set<std::string>> read_policy_digests(const Path& path) {
    const auto database = Database::open(path, Database::Mode::ReadOnly);
    if (!database) return database.error();
    std::set<std::string> digests;
    auto kept = each_text(*database, "SELECT digest, text FROM policy_text", [&digests](const Statement& row) {
        const std::string text = row.text(1);
        if (std::string digest = row.text(0); to_hex(sha256(bytes_of(text))) == digest)
            digests.insert(std::move(digest));
    });
    if (!kept) return cannot_read(path, kept.error());
    auto named = each_text(*database,
                           "SELECT policy FROM audit WHERE policy <> '' UNION SELECT policy FROM imported "
                           "WHERE policy <> '' AND node NOT LIKE 'backup %'",
                           [&digests](const Statement& row) {
                               constexpr std::string_view kWord = " digest ";
                               const std::string mark = row.text(0);
                               if (const auto at = mark.find(kWord); at != std::string::npos)
                                   digests.insert(mark.substr(at + kWord.size()));
                           });
    if (!named) return cannot_read(path, named.error());
    return digests;
}

}  // namespace cenote::state
