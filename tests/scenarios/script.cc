// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/script.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <utility>

#include "resolver/wire/message.h"

namespace cenote::scenarios {
namespace {

using engine::testing::RecordText;

constexpr std::array<std::pair<std::string_view, Act>, 8> kActs{{
    {"QUERY", Act::Query},
    {"CHECK_OUT_QUERY", Act::CheckOutQuery},
    {"REPLY", Act::Reply},
    {"CHECK_ANSWER", Act::CheckAnswer},
    {"TIME_PASSES", Act::TimePasses},
    {"TIMEOUT", Act::Timeout},
    {"CONFIG", Act::Config},
    {"NOTHING", Act::Nothing},
}};

constexpr std::array<std::string_view, 14> kReplyWords{
    "QR", "AA", "TC", "RD", "RA", "AD", "CD", "DO", "NOEDNS", "SDE", "NOERROR", "REFUSED", "SERVFAIL", "NXDOMAIN"};

/// The words of a line, one after the other.
class Words {
public:
    explicit Words(std::string_view line) : rest_(line) { skip_blanks(); }

    std::string next() {
        const std::size_t end = std::min(rest_.find_first_of(" \t"), rest_.size());
        std::string word(rest_.substr(0, end));
        rest_.remove_prefix(end);
        skip_blanks();
        return word;
    }
    [[nodiscard]] std::string rest() const { return std::string(rest_); }
    [[nodiscard]] bool done() const { return rest_.empty(); }

private:
    void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
    std::string_view rest_;
};

template <typename Number>
std::optional<Number> number(const std::string& word) {
    Number value{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size() || word.empty()) return std::nullopt;
    return value;
}

class Reader {
public:
    explicit Reader(const std::string& path) : file_(path) { script_.path = path; }

    Result<Script> read() {
        if (!file_) return Error{script_.path + ": cannot be read"};
        read_scenario();
        if (!wrong_.empty()) return Error{wrong_};
        return std::move(script_);
    }

private:
    void read_scenario();
    void read_step(Words words);
    void read_from(Words& words, Step& step);
    void read_config(ConfigText& config);
    void read_entry(Entry& entry);
    void read_line_of_entry(const std::string& word, Words& words, Entry& entry);
    void read_question(const std::string& name, Words& words, Entry& entry);
    void read_record(const std::string& owner, Words& words, std::vector<RecordText>& section);

    /// Moves to the next line with content; false at the end or after an error.
    bool next_line() {
        while (wrong_.empty() && std::getline(file_, line_)) {
            ++line_number_;
            const std::size_t first = line_.find_first_not_of(" \t");
            if (first != std::string::npos && line_[first] != ';') return true;
        }
        return false;
    }
    void fail(const std::string& text) {
        if (wrong_.empty()) wrong_ = place(script_.path, line_number_) + ": " + text;
    }
    void expect_end(const Words& words) {
        if (!words.done()) fail("'" + words.rest() + "' is not understood here");
    }

    std::ifstream file_;
    std::string line_;
    std::uint32_t line_number_ = 0;
    std::string wrong_;
    std::string section_;
    Script script_;
};

void Reader::read_scenario() {
    if (!next_line() || Words(line_).next() != "SCENARIO_BEGIN") return fail("a scenario begins with SCENARIO_BEGIN");
    while (next_line()) {
        Words words(line_);
        const std::string word = words.next();
        if (word == "STEP") {
            read_step(words);
        } else if (word == "CONFIG" && script_.config.line == 0 && script_.steps.empty()) {
            expect_end(words);
            read_config(script_.config);
        } else if (word == "SCENARIO_END") {
            expect_end(words);
            if (script_.steps.empty()) fail("a scenario without a step shows nothing");
            if (next_line()) fail("something follows SCENARIO_END");
            return;
        } else {
            fail("'" + word + "' is not understood here");
        }
    }
    fail("SCENARIO_END is missing");
}

void Reader::read_step(Words words) {
    Step step;
    step.line = line_number_;
    const auto count = number<std::uint16_t>(words.next());
    if (!count || (!script_.steps.empty() && *count <= script_.steps.back().number))
        return fail("a step has a number above that of the step before");
    step.number = *count;
    const std::string word = words.next();
    const auto* const act = std::ranges::find(kActs, word, [](const auto& row) { return row.first; });
    if (act == kActs.end()) return fail("there is no step '" + word + "'");
    step.act = act->second;
    if (step.act == Act::Query) read_from(words, step);
    if (step.act == Act::TimePasses) {
        const auto elapse = words.next() == "ELAPSE" ? number<std::uint32_t>(words.next()) : std::nullopt;
        if (!elapse || *elapse == 0) return fail("write TIME_PASSES ELAPSE SECONDS");
        step.elapse = seconds{*elapse};
    }
    expect_end(words);
    if (step.act == Act::Config) read_config(step.config);
    const bool has_entry = step.act == Act::Query || step.act == Act::CheckOutQuery || step.act == Act::Reply ||
                           step.act == Act::CheckAnswer;
    if (has_entry) read_entry(step.entry);
    script_.steps.push_back(std::move(step));
}

void Reader::read_from(Words& words, Step& step) {
    while (!words.done() && wrong_.empty()) {
        const std::string word = words.next();
        if (word == "TCP") {
            step.over_tcp = true;
        } else if (word == "FROM") {
            step.from = IpAddress::parse(words.next());
            if (!step.from) fail("FROM wants an address");
        } else {
            fail("'" + word + "' is not understood here");
        }
    }
}

/// Everything as it stands: comments and blank lines are TOML's.
void Reader::read_config(ConfigText& config) {
    config.line = line_number_ + 1;
    while (std::getline(file_, line_)) {
        ++line_number_;
        if (line_ == "CONFIG_END") return;
        config.text += line_ + '\n';
    }
    fail("CONFIG_END is missing");
}

void Reader::read_entry(Entry& entry) {
    if (!next_line() || Words(line_).next() != "ENTRY_BEGIN") return fail("ENTRY_BEGIN is missing");
    entry.line = line_number_;
    section_.clear();
    while (next_line()) {
        Words words(line_);
        const std::string word = words.next();
        if (word == "ENTRY_END") return expect_end(words);
        read_line_of_entry(word, words, entry);
    }
    fail("ENTRY_END is missing");
}

void Reader::read_line_of_entry(const std::string& word, Words& words, Entry& entry) {
    if (word == "MATCH") {
        entry.match_all = words.next() == "all" && words.done();
        if (!entry.match_all) fail("only MATCH all is known");
    } else if (word == "REPLY") {
        if (entry.words) return fail("REPLY stands once in an entry");
        entry.words.emplace();
        while (!words.done()) {
            entry.words->push_back(words.next());
            if (std::ranges::find(kReplyWords, entry.words->back()) == kReplyWords.end())
                return fail("REPLY does not know '" + entry.words->back() + "'");
        }
    } else if (word == "SECTION") {
        section_ = words.next();
        expect_end(words);
        if (section_ != "QUESTION" && section_ != "ANSWER" && section_ != "AUTHORITY")
            fail("there is no section '" + section_ + "'");
    } else if (word == "EDE") {
        const auto code = number<std::uint16_t>(words.next());
        if (!code) return fail("EDE wants a code");
        entry.errors.push_back({.code = *code, .part = words.rest()});
    } else if (section_ == "QUESTION") {
        read_question(word, words, entry);
    } else if (section_ == "ANSWER") {
        read_record(word, words, entry.answer);
    } else if (section_ == "AUTHORITY") {
        read_record(word, words, entry.authority);
    } else {
        fail("'" + word + "' is not understood here");
    }
}

void Reader::read_question(const std::string& name, Words& words, Entry& entry) {
    const bool internet = words.next() == "IN";
    QuestionText question{.name = name, .type = words.next()};
    if (entry.question || !internet || !wire::Name::parse(name) || !wire::parse_type(question.type))
        return fail("a question is one line NAME IN TYPE");
    expect_end(words);
    entry.question = std::move(question);
}

void Reader::read_record(const std::string& owner, Words& words, std::vector<RecordText>& section) {
    const auto ttl = number<std::uint32_t>(words.next());
    const bool internet = words.next() == "IN";
    const std::string type_text = words.next();
    const auto type = wire::parse_type(type_text);
    if (!ttl || !internet || !type || !wire::Name::parse(owner)) return fail("a record is OWNER TTL IN TYPE VALUE");
    if (const auto rdata = wire::rdata_from_text(*type, words.rest()); !rdata) return fail(rdata.error().text);
    section.push_back({.owner = owner, .type = type_text, .ttl_s = *ttl, .value = words.rest()});
}

}  // namespace

std::string place(const std::string& path, std::uint32_t line) { return path + ":" + std::to_string(line); }

Result<Script> read_script(const std::string& path) { return Reader(path).read(); }

}  // namespace cenote::scenarios
