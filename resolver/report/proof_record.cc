// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/proof_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace cenote::report {
namespace {

constexpr std::size_t kNodesMax = 64;
constexpr std::size_t kTransportsMax = 8;
constexpr std::size_t kTextMax = 1000;  // of a field of a row; a name may have 1,004 characters escaped, rarely
constexpr std::size_t kErrorsMax = 16;

bool is_text(const Json& value, std::size_t most) {
    return value.is_string() && value.get_ref<const std::string&>().size() <= most;
}

bool is_digest(const Json& value) {
    if (!is_text(value, 64)) return false;
    const auto& text = value.get_ref<const std::string&>();
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool is_list_of_texts(const Json& value, std::size_t most) {
    return value.is_array() && !value.empty() && value.size() <= most &&
           std::ranges::all_of(value, [](const Json& each) { return is_text(each, kTextMax) && !each.empty(); });
}

bool is_row(const Json& row) {
    constexpr std::array kTexts{"node", "name", "type", "transport", "variant", "expected", "got"};
    if (!row.is_object() || row.size() != kTexts.size() + 1 || !row.contains("ede")) return false;
    for (const char* key : kTexts)
        if (!row.contains(key) || !is_text(row[key], kTextMax)) return false;
    const Json& errors = row["ede"];
    return errors.is_array() && errors.size() <= kErrorsMax &&
           std::ranges::all_of(errors, [](const Json& code) { return code.is_number_unsigned() && code <= 65535; });
}

bool are_rows(const Json& rows) {
    return rows.is_array() && rows.size() <= kProofRowsMax && std::ranges::all_of(rows, is_row);
}

struct FieldCheck {
    const char* key;
    bool (*holds)(const Json& value);
    const char* what;
};
constexpr std::array<FieldCheck, 8> kFields{{
    {"cells", [](const Json& value) { return value.is_number_unsigned(); }, "a number"},
    {"deviations", [](const Json& value) { return value.is_number_unsigned(); }, "a number"},
    {"names", [](const Json& value) { return value.is_number_unsigned(); }, "a number"},
    {"nodes", [](const Json& value) { return is_list_of_texts(value, kNodesMax); }, "1 to 64 addresses"},
    {"transports", [](const Json& value) { return is_list_of_texts(value, kTransportsMax); }, "1 to 8 names"},
    {"digest", is_digest, "64 hexadecimal digits"},
    {"policy", is_digest, "64 hexadecimal digits"},
    {"rows", are_rows, "at most 200 rows with node, name, type, transport, variant, expected, got and ede"},
}};

}  // namespace

Status check_proof(const Json& document) {
    if (!document.is_object()) return Error{"the result of a proof is an object"};
    for (const FieldCheck& field : kFields) {
        const auto found = document.find(field.key);
        if (found == document.end() || !field.holds(*found))
            return Error{fmt::format("the result of a proof has '{}', which is {}", field.key, field.what)};
    }
    if (document.size() != kFields.size()) return Error{"the result of a proof has a field that is not known"};
    const auto deviations = document["deviations"].get<std::uint64_t>();
    if (deviations < document["rows"].size() || (deviations > 0 && document["rows"].empty()))
        return Error{"the result of a proof has another number of deviations than it shows rows"};
    return Done{};
}

Result<LastProof> read_proof(const std::string& text) {
    const Json document = Json::parse(text, nullptr, false);
    if (auto checked = check_proof(document); !checked) return checked.error();
    LastProof proof;
    proof.cells = document["cells"].get<std::uint64_t>();
    proof.deviations = document["deviations"].get<std::uint64_t>();
    return proof;
}

std::string proof_sentence(std::uint64_t cells, std::uint64_t deviations, std::size_t nodes, Language language) {
    if (language == Language::Korean)
        return fmt::format("노드 {}곳에서 {}건 점검, {}", nodes, cells,
                           deviations == 0 ? "모두 일치" : fmt::format("{}건 불일치", deviations));
    const std::string found = deviations == 0   ? "none deviates"
                              : deviations == 1 ? "1 deviates"
                                                : fmt::format("{} deviate", deviations);
    return fmt::format("{} {} on {} {}, {}", cells, cells == 1 ? "check" : "checks", nodes,
                       nodes == 1 ? "node" : "nodes", found);
}

std::string proof_sentence(const std::string& text, Language language) {
    const auto proof = read_proof(text);
    if (!proof) return {};
    return proof_sentence(proof->cells, proof->deviations, Json::parse(text)["nodes"].size(), language);
}

}  // namespace cenote::report
