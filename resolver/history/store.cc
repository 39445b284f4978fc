// SPDX-License-Identifier: Apache-2.0
#include "resolver/history/store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>

#include "resolver/base/digest.h"
#include "resolver/base/random.h"
#include "resolver/base/time_text.h"
#include "resolver/history/tables.h"

namespace cenote::history {
namespace {

constexpr mode_t kMode = 0640;

std::int64_t number_of(WallTime time) { return time.time_since_epoch().count(); }
WallTime time_of(std::int64_t number) { return WallTime(seconds(number)); }

std::int64_t month_of(WallTime at) {
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(at));
    return std::int64_t{static_cast<int>(date.year())} * 12 + static_cast<unsigned>(date.month()) - 1;
}

/// 0: there is no file.
std::uint64_t inode_of(const Path& path) {
    struct stat there {};
    return ::stat(path.c_str(), &there) == 0 ? there.st_ino : 0;
}

/// Puts a damaged file and its journals aside; the new path.
Path put_aside(const Path& path, WallTime now) {
    const Path aside = path.string() + fmt::format(".damaged-{}", number_of(now));
    std::error_code ignored;
    std::filesystem::rename(path, aside, ignored);
    for (const char* journal : {"-wal", "-shm"})
        std::filesystem::rename(path.string() + journal, aside.string() + journal, ignored);
    return aside;
}

}  // namespace

seconds length_of(Span span) noexcept {
    switch (span) {
        case Span::Minute: return seconds{60};
        case Span::Hour: return seconds{3600};
        case Span::Day: break;
    }
    return seconds{86400};
}

WallTime start_of(Span span, WallTime at) noexcept {
    const auto length = length_of(span).count();
    const auto number = number_of(at);
    const auto rest = ((number % length) + length) % length;
    return time_of(number - rest);
}

std::uint64_t seed_id_of(std::uint64_t seed) {
    const std::string text = fmt::format("cenote history seed {:016x}", seed);
    const auto digest = sha256(bytes_of(text));
    std::uint64_t id = 0;
    for (std::size_t i = 0; i < 7; ++i) id = id << 8 | digest[i];  // a positive number of SQLite
    return id;
}

Store::Store(std::unique_ptr<Tables> tables, std::string node, Path path)
    : tables_(std::move(tables)), node_(std::move(node)), path_(std::move(path)), inode_(inode_of(path_)) {}
Store::~Store() = default;

Result<Store::Opened> Store::open(const Path& path, std::string node, WallTime now) {
    auto tables = Tables::open(path);
    std::string problem;
    if (!tables && Tables::is_damaged(path)) {
        const Path aside = put_aside(path, now);
        problem = fmt::format("{} was damaged ({}); it is kept as {}, and counting began anew", path.string(),
                              tables.error().text, aside.string());
        tables = Tables::open(path);
    }
    if (!tables) return std::move(tables).error();
    ::chmod(path.c_str(), kMode);
    return Opened{std::unique_ptr<Store>(new Store(std::move(*tables), std::move(node), path)), std::move(problem)};
}

Result<std::unique_ptr<Store>> Store::open_beside(const Path& path, std::string node) {
    std::error_code none;
    if (!std::filesystem::exists(path, none)) return Error{fmt::format("there is no history in {}", path.string())};
    auto tables = Tables::open(path);
    if (!tables) return std::move(tables).error();
    return std::unique_ptr<Store>(new Store(std::move(*tables), std::move(node), path));
}

Result<std::unique_ptr<Store>> Store::open_read_only(const Path& path) {
    auto tables = Tables::open_read_only(path);
    if (!tables) return std::move(tables).error();
    return std::unique_ptr<Store>(new Store(std::move(*tables), "", path));
}

Status Store::begin_anew_if_removed() {
    if (inode_of(path_) == inode_) return Done{};
    auto tables = Tables::open(path_);
    if (!tables) return std::move(tables).error();
    ::chmod(path_.c_str(), kMode);
    tables_ = std::move(*tables);
    inode_ = inode_of(path_);
    return Done{};
}

Status Store::in_transaction(const std::function<Status()>& steps) {
    auto transaction = sqlite::Transaction::begin(tables_->database);
    if (!transaction) return std::move(transaction).error();
    auto done = steps();
    if (done) done = transaction->commit();
    if (!done) tables_->forget_ids();  // those that were new are gone with the transaction
    return done;
}

Status Store::write(const Minute& minute, WallTime alive) {
    if (auto there = begin_anew_if_removed(); !there) return there;
    return in_transaction([&]() -> Status {
        for (const auto& [series, count] : minute.counts)
            for (const Span span : {Span::Minute, Span::Hour, Span::Day})
                if (auto put = tables_->add_count(span, start_of(span, minute.at), node_, series, count); !put)
                    return put;
        for (const auto& [key, count] : minute.signals)
            if (auto put = tables_->add_signal({start_of(Span::Day, minute.at), node_, key, count}); !put) return put;
        for (const auto& [key, sketches] : minute.sketches)
            if (auto put =
                    tables_->merge_sketches({start_of(Span::Day, minute.at), node_, key, minute.seed_id, sketches});
                !put)
                return put;
        if (minute.gap)
            if (auto put = tables_->put_own_gap(node_, *minute.gap); !put) return put;
        return tables_->note_written(minute, alive);
    });
}

Result<std::optional<WallTime>> Store::alive_until() {
    auto found = tables_->note(kAlive);
    if (!found) return std::move(found).error();
    return *found ? std::optional(time_of(**found)) : std::nullopt;
}

Status Store::add_gap(const Gap& gap) { return tables_->put_own_gap(node_, gap); }

Status Store::set_stopped(bool stopped) { return tables_->set_note("stopped", stopped ? 1 : 0); }

Result<bool> Store::was_stopped() {
    auto found = tables_->note("stopped");
    if (!found) return std::move(found).error();
    return found->value_or(0) != 0;
}

Status Store::prune(const Options& options, WallTime now) {
    auto transaction = sqlite::Transaction::begin(tables_->database);
    if (!transaction) return std::move(transaction).error();
    const auto delete_before = [&](Span span, WallTime before) {
        auto statement = tables_->database.prepare("DELETE FROM counts WHERE span = ? AND at < ?");
        auto done = statement.bind(static_cast<std::int64_t>(span)).bind(number_of(before)).next_row();
        return done ? Status(Done{}) : Status(std::move(done).error());
    };
    if (auto done = delete_before(Span::Minute, now - options.keep_minutes); !done) return done;
    if (auto done = delete_before(Span::Hour, now - options.keep_hours); !done) return done;
    // The seed of a past month has no use: its sketches are complete, and without it no address can be tried on them.
    auto seeds = tables_->database.prepare("DELETE FROM seeds WHERE month < ?");
    if (auto done = seeds.bind(month_of(now)).next_row(); !done) return std::move(done).error();
    if (auto done = transaction->commit(); !done) return done;
    return tables_->database.run("PRAGMA incremental_vacuum");
}

Result<std::uint64_t> Store::seed_of_month(WallTime at) {
    auto known = tables_->database.prepare("SELECT seed FROM seeds WHERE month = ?");
    auto found = known.bind(month_of(at)).next_row();
    if (!found) return std::move(found).error();
    if (*found) return static_cast<std::uint64_t>(known.number(0));
    const std::uint64_t seed = random_u64();
    auto insert = tables_->database.prepare("INSERT INTO seeds (month, seed) VALUES (?, ?)");
    auto put = insert.bind(month_of(at)).bind(static_cast<std::int64_t>(seed)).next_row();
    if (!put) return std::move(put).error();
    return seed;
}

Status Store::read(Span span, WallTime from, WallTime to, const OnRow& on_row) {
    return tables_->read_counts(span, from, to, on_row);
}

Status Store::read_sketches(WallTime from, WallTime to, const OnSketch& on_sketch) {
    return tables_->read_sketches(from, to, on_sketch);
}

Status Store::read_signals(WallTime from, WallTime to, const OnSignal& on_signal) {
    return tables_->read_signals(from, to, on_signal);
}

Status Store::read_group_days(WallTime from, WallTime to, const OnGroupDay& on_group_day) {
    return tables_->read_group_days(from, to, on_group_day);
}

Result<std::vector<Gap>> Store::gaps(WallTime from, WallTime to) { return tables_->gaps(from, to); }

Result<std::optional<WallTime>> Store::first() {
    auto statement = tables_->database.prepare("SELECT min(at) FROM counts");
    auto found = statement.next_row();
    if (!found) return std::move(found).error();
    if (!*found || !statement.is_number(0)) return std::optional<WallTime>();
    return std::optional(time_of(statement.number(0)));
}

Status Store::take(Span span, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        if (row.node == node_) return Error{fmt::format("the rows are of this node, {}", node_)};
        if (auto put = tables_->raise_count(span, row); !put) return put;
    }
    return Done{};
}

Status Store::take(const std::vector<SketchRow>& rows) {
    for (const SketchRow& row : rows) {
        if (row.node == node_) return Error{fmt::format("the sketches are of this node, {}", node_)};
        if (auto put = tables_->merge_sketches(row); !put) return put;
    }
    return Done{};
}

Status Store::take(const std::vector<SignalRow>& rows) {
    for (const SignalRow& row : rows) {
        if (row.node == node_) return Error{fmt::format("the signals are of this node, {}", node_)};
        if (auto put = tables_->raise_signal(row); !put) return put;
    }
    return Done{};
}

Status Store::take(const std::vector<Gap>& gaps) {
    for (const Gap& gap : gaps) {
        if (gap.node == node_) return Error{fmt::format("the gaps are of this node, {}", node_)};
        if (auto put = tables_->put_gap(gap); !put) return put;
    }
    return Done{};
}

Status Store::import(const Imported& imported) {
    return in_transaction([&]() -> Status {
        if (auto taken = take(Span::Hour, imported.hours); !taken) return taken;
        if (auto taken = take(Span::Day, imported.days); !taken) return taken;
        if (auto taken = take(imported.sketches); !taken) return taken;
        if (auto taken = take(imported.signals); !taken) return taken;
        return take(imported.gaps);
    });
}

}  // namespace cenote::history
