// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/judge.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "resolver/wire/message.h"
#include "resolver/wire/query.h"

namespace cenote::scenarios {
namespace {

using Lines = std::vector<std::string>;

constexpr std::array<std::pair<std::uint16_t, std::string_view>, 7> kFlags{{
    {wire::kFlagQr, "QR"},
    {wire::kFlagAa, "AA"},
    {wire::kFlagTc, "TC"},
    {wire::kFlagRd, "RD"},
    {wire::kFlagRa, "RA"},
    {wire::kFlagAd, "AD"},
    {wire::kFlagCd, "CD"},
}};
constexpr std::array<std::pair<unsigned, std::string_view>, 4> kRcodes{{
    {0, "NOERROR"},
    {2, "SERVFAIL"},
    {3, "NXDOMAIN"},
    {5, "REFUSED"},
}};

/// An answer as the scenario would write it.
struct ReplyContent {
    Lines words;  // of REPLY, sorted
    Lines answer;
    Lines authority;
    std::vector<ErrorText> errors;
};

void read_opt(std::uint32_t ttl, ByteView rdata, ReplyContent& content) {
    if ((ttl & 0x8000) != 0) content.words.emplace_back("DO");
    ByteReader options(rdata);
    while (options.left() > 0 && options.ok()) {
        const std::uint16_t code = options.u16();
        ByteReader data(options.bytes(options.u16()));
        if (code != static_cast<std::uint16_t>(wire::OptionCode::ExtendedError)) continue;
        const unsigned error = data.u16();
        const ByteView text = data.bytes(data.left());
        content.errors.push_back({.code = error, .part = std::string(text.begin(), text.end())});
    }
}

/// Finds the OPT with a reader of its own, for ldns prints no extended errors.
void read_edns(ByteView message, ReplyContent& content) {
    bool found = false;
    std::size_t at = wire::kHeaderSize;
    for (unsigned left = load_u16(&message[4]); left > 0 && wire::skip_name(message, at); --left) at += 4;
    unsigned left = 0U + load_u16(&message[6]) + load_u16(&message[8]) + load_u16(&message[10]);
    for (; left > 0 && wire::skip_name(message, at); --left) {
        ByteReader record(message.subspan(at));
        const auto type = static_cast<wire::RrType>(record.u16());
        record.skip(2);
        const std::uint32_t ttl = record.u32();
        const ByteView rdata = record.bytes(record.u16());
        if (type == wire::RrType::OPT) found = true, read_opt(ttl, rdata, content);
        at += record.offset();
    }
    if (!found) content.words.emplace_back("NOEDNS");
}

/// The records of a section as ldns prints them, owners in lower case: their case may be that of the query.
Lines section(const std::string& text, std::string_view title) {
    Lines lines;
    std::istringstream in(text);
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(";;")) inside = line == title;
        if (!inside || line.empty() || line.front() == ';') continue;
        const auto end = line.begin() + static_cast<std::ptrdiff_t>(std::min(line.find('\t'), line.size()));
        std::transform(line.begin(), end, line.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        lines.push_back(line);
    }
    return lines;
}

void read_sections(ByteView message, ReplyContent& content) {
    const auto text = wire::to_text(message);
    CENOTE_CHECK(text.ok());
    content.answer = section(*text, ";; ANSWER SECTION:");
    content.authority = section(*text, ";; AUTHORITY SECTION:");
}

ReplyContent read_reply(ByteView message) {
    ReplyContent content;
    const std::uint16_t flags = load_u16(&message[2]);
    for (const auto& [bit, word] : kFlags)
        if ((flags & bit) != 0) content.words.emplace_back(word);
    const auto* const rcode = std::ranges::find(kRcodes, flags & 0x0fU, [](const auto& row) { return row.first; });
    content.words.emplace_back(rcode == kRcodes.end() ? "another rcode" : rcode->second);
    read_edns(message, content);
    read_sections(message, content);
    std::ranges::sort(content.words);
    return content;
}

ReplyContent expectation(const Entry& entry, const wire::Query& query) {
    ReplyContent content;
    content.words = entry.words.value_or(Lines{});
    std::ranges::sort(content.words);
    wire::Question question{.name = query.name, .type = query.type, .rr_class = query.rr_class};
    read_sections(engine::testing::upstream_answer(question, wire::Rcode::NoError, entry.answer, entry.authority),
                  content);
    content.errors = entry.errors;
    return content;
}

bool same_errors(const std::vector<ErrorText>& expected, const std::vector<ErrorText>& got) {
    return std::ranges::equal(expected, got, [](const ErrorText& a, const ErrorText& b) {
        return a.code == b.code && b.part.find(a.part) != std::string::npos;
    });
}

std::string print(const ReplyContent& content) {
    std::string text = "REPLY";
    for (const auto& word : content.words) text += " " + word;
    text += "\nSECTION ANSWER\n";
    for (const auto& line : content.answer) text += line + '\n';
    text += "SECTION AUTHORITY\n";
    for (const auto& line : content.authority) text += line + '\n';
    for (const auto& error : content.errors) text += "EDE " + std::to_string(error.code) + " " + error.part + '\n';
    return text;
}

}  // namespace

std::optional<std::string> compare_answer(const Entry& expected, ByteView query, ByteView answer) {
    const auto printed = wire::to_text(answer);
    if (!printed) return "the answer cannot be read: " + printed.error().text;
    wire::Query asked;
    if (parse_query(query, asked) != wire::ParseStatus::Ok) return "the query was none";
    const ByteView echoed = answer.subspan(wire::kHeaderSize);
    if (echoed.size() < asked.question.size() ||
        !std::equal(asked.question.begin(), asked.question.end(), echoed.begin()))
        return "the answer does not repeat the question byte for byte\ngot:\n" + *printed;
    const ReplyContent content = read_reply(answer);
    const ReplyContent wanted = expectation(expected, asked);
    const bool same = wanted.words == content.words && wanted.answer == content.answer &&
                      wanted.authority == content.authority && same_errors(wanted.errors, content.errors);
    if (same) return std::nullopt;
    return "the answer is another\nexpected:\n" + print(wanted) + "got:\n" + print(content) + "\n" + *printed;
}

}  // namespace cenote::scenarios
