// SPDX-License-Identifier: Apache-2.0
//
// history: counts over time from one node to another, as lines of JSON.
//
// The last line has the number of rows and the digest of all lines before it: a file that was cut or changed is refused
// before the daemon sees a row.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "resolver/base/digest.h"
#include "resolver/base/fd.h"
#include "resolver/report/fields.h"
#include "tools/cenote/as_owner.h"
#include "tools/cenote/print.h"
#include "tools/cenote/state_copy.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr int kVersion = 1;
constexpr const char* kVersionKey = "cenote_history";
constexpr std::size_t kLineMax = std::size_t{1} << 20;
constexpr std::size_t kPartMax = control::kLineMax / 4;  // bytes of the rows in one request

struct HistoryFlags {
    std::string from, to, out;
};

Status print_file(int from) {
    std::vector<char> bytes(kLineMax);
    for (;;) {
        const ssize_t size = ::read(from, bytes.data(), bytes.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return Error{"cannot read what cenoted gave"};
        if (size == 0) return Done{};
        std::fwrite(bytes.data(), 1, static_cast<std::size_t>(size), stdout);
    }
}

Exit export_history(Session& session, const HistoryFlags& flags) {
    Json args = Json::object();
    if (!flags.from.empty()) args[field::kFrom] = flags.from;
    if (!flags.to.empty()) args[field::kTo] = flags.to;
    const auto files = session.ask_files("history-export", std::move(args));
    if (!files) return fail(files.error());
    if (files->size() != 1) return fail(Error{"cenoted gave no history"});
    const int from = files->front()->get();
    Status written = Done{};
    if (flags.out.empty()) {
        written = print_file(from);
    } else {
        const auto owner = AsOwner::of(Path(flags.out).parent_path());
        if (!owner) return fail(owner.error());
        written = write_new(from, flags.out);
    }
    return written ? Exit::Done : fail(written.error());
}

/// A file of an export, checked.
struct HistoryFile {
    std::string node;
    std::vector<std::string> rows;
};

Status check_header(const Json& header, const std::string& file) {
    const auto version = header.is_object() ? header.find(kVersionKey) : header.end();
    if (!header.is_object() || version == header.end() || !version->is_number_integer())
        return Error{fmt::format("{} is no export of a history", file)};
    if (version->get<int>() <= kVersion) return Done{};
    return Error{fmt::format("{} has version {} and this program reads version {}: it is of a later Cenote", file,
                             version->get<int>(), kVersion)};
}

Result<HistoryFile> read_history(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return Error{fmt::format("cannot read {}", file)};
    HistoryFile read;
    Sha256 digest;
    std::string line;
    Json last;
    for (std::uint64_t number = 1; std::getline(in, line); ++number) {
        if (!last.is_null()) return Error{fmt::format("{}:{}: a line after the last one", file, number)};
        const Json row = line.size() <= kLineMax ? Json::parse(line, nullptr, false) : Json();
        if (number == 1) {
            if (auto fits = check_header(row, file); !fits) return std::move(fits).error();
            read.node = cell(row, field::kNode);
        } else if (!row.is_object()) {
            return Error{fmt::format("{}:{}: a damaged line; nothing was imported", file, number)};
        }
        if (number != 1 && row.contains("end")) {
            last = row;
            continue;
        }
        line += '\n';
        digest.update(bytes_of(line));
        line.pop_back();
        if (number != 1) read.rows.push_back(std::move(line));
    }
    const bool whole = last.is_object() && last.contains("sha256") && last["end"] == read.rows.size() &&
                       last["sha256"] == to_hex(digest.finish());
    if (!whole) return Error{fmt::format("{} is damaged or cut short; nothing was imported", file)};
    return read;
}

Exit import_history(Session& session, const std::string& file, bool json) {
    const auto read = read_history(file);
    if (!read) return fail(read.error());
    std::uint64_t part = 0;
    std::size_t at = 0;
    Result<Json> answer = Json();
    do {
        Json rows = Json::array();
        for (std::size_t bytes = 0;
             at < read->rows.size() && (rows.empty() || bytes + read->rows[at].size() < kPartMax); ++at) {
            bytes += read->rows[at].size();
            rows.push_back(Json::parse(read->rows[at]));
        }
        answer = session.ask("history-import", {{field::kNode, read->node},
                                                {field::kPart, part++},
                                                {field::kRows, std::move(rows)},
                                                {field::kLast, at == read->rows.size()}});
        if (!answer) return fail(answer.error());
    } while (at < read->rows.size());
    if (json)
        print_json(*answer);
    else
        fmt::print("{} rows of {}\n", cell(*answer, field::kRows), read->node);
    return Exit::Done;
}

}  // namespace

void add_history(Verbs& verbs) {
    CLI::App* verb = verbs.add("history", "Counts over time, from node to node");
    verb->require_subcommand(1);
    CLI::App* out = verb->add_subcommand("export", "Write the counts of this node by hour and day as lines of JSON");
    out->fallthrough();
    const auto flags = std::make_shared<HistoryFlags>();
    out->add_option("--from", flags->from, "From this time on")->type_name(kTimeType)->check(check_time);
    out->add_option("--to", flags->to, "Before this time")->type_name(kTimeType)->check(check_time);
    out->add_option("--out", flags->out, "A new file; by default the output")->type_name("FILE");
    verbs.on(out, [flags](Session& session) { return export_history(session, *flags); });
    CLI::App* in = verb->add_subcommand("import", "Take the counts of another node; again, it changes nothing");
    in->fallthrough();
    const auto file = std::make_shared<std::string>();
    const auto json = std::make_shared<bool>(false);
    in->add_option("FILE", *file, "What 'cenote history export' wrote on that node")->type_name("")->required();
    in->add_flag("--json", *json, "Print JSON");
    verbs.on(in, [file, json](Session& session) { return import_history(session, *file, *json); });
}

}  // namespace cenote::cli
