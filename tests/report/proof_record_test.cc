// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/proof_record.h"

#include <gmock/gmock.h>

#include "resolver/report/trail.h"

namespace cenote::report {
namespace {

using ::testing::HasSubstr;

Json row() {
    return {{"node", "192.0.2.53:53"}, {"name", "deepseek.com"},       {"type", "HTTPS"},        {"transport", "udp"},
            {"variant", "cd"},         {"expected", "NODATA, EDE 15"}, {"got", "HTTPS, no EDE"}, {"ede", {15U, 4U}}};
}

Json document(std::uint64_t deviations) {
    return {{"cells", 96U},
            {"deviations", deviations},
            {"names", 3U},
            {"nodes", {"192.0.2.53:53", "192.0.2.54:53"}},
            {"transports", {"udp", "tcp"}},
            {"digest", std::string(64, 'a')},
            {"policy", std::string(64, '0')},
            {"rows", deviations == 0 ? Json::array() : Json::array({row()})}};
}

TEST(ProofRecord, ADocumentWithAllFieldsIsAccepted) {
    EXPECT_TRUE(check_proof(document(0)).ok());
    EXPECT_TRUE(check_proof(document(1)).ok());
    EXPECT_TRUE(check_proof(document(7000)).ok()) << "rows are the first deviations only";
    const auto read = read_proof(document(3).dump());
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->cells, 96U);
    EXPECT_EQ(read->deviations, 3U);
}

struct Mistake {
    const char* name;
    void (*make)(Json& document);
    const char* says;
};
class WrongProof : public ::testing::TestWithParam<Mistake> {};

TEST_P(WrongProof, IsRefused) {
    Json wrong = document(1);
    GetParam().make(wrong);
    const auto checked = check_proof(wrong);
    ASSERT_FALSE(checked.ok());
    EXPECT_THAT(checked.error().text, HasSubstr(GetParam().says));
    EXPECT_FALSE(read_proof(wrong.dump()).ok());
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, WrongProof,
    ::testing::Values(Mistake{"NoObject", [](Json& d) { d = Json::array(); }, "is an object"},
                      Mistake{"NegativeCells", [](Json& d) { d["cells"] = -1; }, "'cells'"},
                      Mistake{"TextForNumber", [](Json& d) { d["deviations"] = "0"; }, "'deviations'"},
                      Mistake{"NoNames", [](Json& d) { d.erase("names"); }, "'names'"},
                      Mistake{"NoNode", [](Json& d) { d["nodes"] = Json::array(); }, "'nodes'"},
                      Mistake{"TooManyNodes", [](Json& d) { d["nodes"] = std::vector<std::string>(65, "a"); },
                              "'nodes'"},
                      Mistake{"NumberForNode", [](Json& d) { d["nodes"] = {1}; }, "'nodes'"},
                      Mistake{"TransportsNoList", [](Json& d) { d["transports"] = "udp"; }, "'transports'"},
                      Mistake{"ShortDigest", [](Json& d) { d["digest"] = "ab"; }, "'digest'"},
                      Mistake{"NoHexDigest", [](Json& d) { d["digest"] = std::string(64, 'x'); }, "'digest'"},
                      Mistake{"TooManyRows", [](Json& d) { d["rows"] = std::vector<Json>(201, row()); }, "'rows'"},
                      Mistake{"RowWithoutName", [](Json& d) { d["rows"][0].erase("name"); }, "'rows'"},
                      Mistake{"RowWithMore", [](Json& d) { d["rows"][0]["more"] = 1; }, "'rows'"},
                      Mistake{"LongText", [](Json& d) { d["rows"][0]["got"] = std::string(1001, 'a'); }, "'rows'"},
                      Mistake{"LargeError", [](Json& d) { d["rows"][0]["ede"] = {65536U}; }, "'rows'"},
                      Mistake{"UnknownField", [](Json& d) { d["more"] = 1; }, "not known"},
                      Mistake{"FewerDeviationsThanRows", [](Json& d) { d["deviations"] = 0U; }, "another number"},
                      Mistake{"DeviationsWithoutRows", [](Json& d) { d["rows"] = Json::array(); }, "another number"}),
    [](const auto& mistake) { return std::string(mistake.param.name); });

TEST(ProofRecord, TheTrailHasOneSentence) {
    state::Record record;
    record.action = kProofAction;
    record.object = "d1";
    record.after = document(0).dump();
    EXPECT_EQ(sentence_of(record), "proof d1: 96 checks on 2 nodes, none deviates");
    record.after = document(1).dump();
    EXPECT_EQ(sentence_of(record), "proof d1: 96 checks on 2 nodes, 1 deviates");
    record.after = "{}";
    EXPECT_EQ(sentence_of(record), "proof d1");
    EXPECT_EQ(proof_sentence(1, 2, 1), "1 check on 1 node, 2 deviate");
}

}  // namespace
}  // namespace cenote::report
