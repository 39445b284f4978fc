// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/proof_script.h"

#include <fmt/format.h>

#include <optional>

#include "resolver/wire/message.h"

namespace cenote::cli {
namespace {

using proof::Check;
using proof::Variant;
using wire::RrType;

constexpr std::string_view kHead = R"sh(#!/bin/sh
# Does directive {0} hold? {1}
# Run it on a host with the address {2}, or on another client for whom the directive is. It needs dig alone
# (bind9-dnsutils), and ends with exit code 1 when an answer is not the expected one.
bad=0
check() {{  # EXPECTED DIG-ARGUMENTS...: each line of EXPECTED stands in what dig prints
    expected=$1
    shift
    got=$(dig +tries=2 +noall +comments +answer "$@" 2>&1)
    missing=$(printf '%s\n' "$expected" | while IFS= read -r words; do
        printf '%s\n' "$got" | grep -qF -- "$words" || printf ' "%s"' "$words"
    done)
    if [ -z "$missing" ]; then
        echo "holds: dig $*"
    else
        echo "deviates: dig $*: without$missing"
        printf '%s\n' "$got" | sed 's/^/    /'
        bad=1
    fi
}}
)sh";

std::string in_quotes(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

/// Every second letter a capital.
std::string mixed(std::string text) {
    for (std::size_t i = 0; i < text.size(); i += 2)
        if (text[i] >= 'a' && text[i] <= 'z') text[i] = static_cast<char>(text[i] - 'a' + 'A');
    return text;
}

/// The address that stands in the answer; empty: none does.
std::string address_in(const policy::Cell& cell, RrType type) {
    if (cell.answer != policy::AnswerMode::Null && cell.answer != policy::AnswerMode::Address) return {};
    const ByteView rdata = type == RrType::A ? cell.ipv4 : type == RrType::AAAA ? cell.ipv6 : ByteView();
    return rdata.empty() ? std::string() : proof::record_to_text(type, rdata);
}

/// The words that dig prints of an expected answer, a line each.
std::string words_of(const proof::Expectation& expected) {
    if (expected.silence()) return "no servers could be reached";
    if (expected.kind != proof::Expectation::Kind::Sinkhole) return "status: NOERROR";
    const policy::Cell& cell = *expected.cell;
    std::string status = "NOERROR";
    if (cell.answer == policy::AnswerMode::Refused) status = "REFUSED";
    if (cell.answer == policy::AnswerMode::Nxdomain && !cell.keep_open_below) status = "NXDOMAIN";
    const std::string address = address_in(cell, expected.type);
    const std::string answers = !address.empty()
                                    ? fmt::format("ANSWER: 1,\n{}\t{}", type_to_text(expected.type), address)
                                : cell.answer == policy::AnswerMode::Cname ? "CNAME"
                                                                           : "ANSWER: 0,";
    return fmt::format("status: {}\nEDE: {}\n{}", status, static_cast<unsigned>(cell.ede), answers);
}

class Script {
public:
    Script(const proof::Plan& plan, const SocketAddress& node, const IpAddress& client)
        : plan_(plan),
          client_(plan.policy().classify(client)),
          to_(fmt::format("@{} -p {}", node.ip.to_string(), node.port)) {}

    void add(const Check& check, std::string_view options) {
        const auto question = plan_.question(check);
        const auto expected = plan_.expectation(check, client_);
        const std::string name = question.name.to_string();
        text_ += fmt::format("\n# expected: {}\ncheck {} {}{} {} {}\n", proof::expectation_to_text(expected),
                             in_quotes(words_of(expected)), to_, options,
                             in_quotes(question.variant == Variant::MixedCase ? mixed(name) : name),
                             wire::type_to_text(question.type));
    }
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    const proof::Plan& plan_;
    policy::ClientClass client_;
    std::string to_;
    std::string text_;
};

/// The first name that is taken itself, preferably with all below it.
std::optional<std::uint32_t> example_of(const proof::Plan& plan) {
    std::optional<std::uint32_t> found;
    for (std::uint32_t i = 0; i < plan.names().size(); ++i) {
        const auto taken = plan.names().at(i);
        if (taken.itself && taken.below) return i;
        if (taken.itself && !found) found = i;
    }
    return found;
}

/// The place of a type and a variant in the matrix.
Check cell_at(std::uint32_t name, RrType type, Variant variant) {
    std::uint8_t at = 0;
    while (proof::kTypes[at] != type) ++at;
    return {.of = Check::Of::Name, .name = name, .type = at, .variant = static_cast<std::uint8_t>(variant)};
}

}  // namespace

Result<std::string> proof_script(const proof::Plan& plan, const SocketAddress& node, const IpAddress& client,
                                 const std::string& made) {
    const auto name = example_of(plan);
    if (!name) return Error{fmt::format("directive '{}' takes no names that can be asked", plan.directive().id)};
    Script script(plan, node, client);
    script.add(cell_at(*name, RrType::A, Variant::Plain), "");
    script.add(cell_at(*name, RrType::HTTPS, Variant::CheckingDisabledDnssecOk), " +dnssec +cdflag");
    script.add(cell_at(*name, RrType::AAAA, Variant::Plain), " +tcp");
    script.add(cell_at(*name, RrType::A, Variant::MixedCase), "");
    if (plan.names().at(*name).below) script.add({.of = Check::Of::Below, .name = *name, .type = 0, .variant = 0}, "");
    for (std::uint32_t i = static_cast<std::uint32_t>(plan.controls().size()); i-- > 0;)
        if (!plan.controls()[i].shared) {
            script.add({.of = Check::Of::Control, .name = i, .type = 0, .variant = 0}, "");
            break;
        }
    return fmt::format(kHead, plan.directive().id, made, client.to_string()) + script.text() + "\nexit $bad\n";
}

}  // namespace cenote::cli
