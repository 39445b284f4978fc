// SPDX-License-Identifier: Apache-2.0
//
// Names, from the wire and from text, against ldns: what we take, ldns takes and reads alike.

#include <cstdlib>
#include <string>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/wire/fold.h"
#include "resolver/wire/international.h"
#include "resolver/wire/name.h"
#include "resolver/wire/typed_name.h"
#include "tests/fuzz/input.h"

// Included behind the standard headers: it defines `bool`, which clang rejects in front of them.
#include <ldns/ldns.h>

namespace {

using cenote::ByteView;
using cenote::wire::Name;

cenote::fuzz::Goal on_the_wire("a name of a message is read");
cenote::fuzz::Goal with_a_pointer("a compressed name is read");
cenote::fuzz::Goal as_text("a name is read as text");
cenote::fuzz::Goal as_typed("a name is read as it was typed");

void expect_same(const Name& ours, ldns_rdf* theirs) {
    CENOTE_CHECK(theirs != nullptr);
    std::vector<std::uint8_t> bytes(ldns_rdf_data(theirs), ldns_rdf_data(theirs) + ldns_rdf_size(theirs));
    cenote::wire::fold(bytes.data(), bytes.data(), bytes.size());
    CENOTE_CHECK(std::equal(bytes.begin(), bytes.end(), ours.wire().begin(), ours.wire().end()));
    ldns_rdf_deep_free(theirs);
}

/// Labels, offsets and text of a name that was read agree with its bytes.
void expect_sound(const Name& name) {
    CENOTE_CHECK(name.wire().size() <= Name::kBytesMax && name.labels() <= Name::kLabelsMax);
    std::size_t at = 0;
    for (std::uint8_t i = 0; i < name.labels(); ++i) {
        CENOTE_CHECK(name.offset(i) == at && name.wire()[at] >= 1 && name.wire()[at] <= 63);
        at += name.wire()[at] + 1U;
    }
    CENOTE_CHECK(at + 1 == name.wire().size() && name.wire()[at] == 0);
    const std::string text = name.to_string();
    const auto again = Name::parse(text);
    CENOTE_CHECK(again && *again == name);
    expect_same(name, ldns_dname_new_frm_str(text.c_str()));
}

void try_wire(ByteView packet, std::size_t offset) {
    Name name;
    std::size_t end = 0;
    std::size_t skipped = offset;
    const bool skips = cenote::wire::skip_name(packet, skipped);
    if (!name.read(packet, offset, end)) {
        CENOTE_CHECK(name == Name());
        return;
    }
    CENOTE_CHECK(skips && skipped == end && end <= packet.size());
    (end - offset == name.wire().size() ? on_the_wire : with_a_pointer).reach();
    expect_sound(name);
    ldns_rdf* theirs = nullptr;
    std::size_t their_end = offset;
    CENOTE_CHECK(ldns_wire2dname(&theirs, packet.data(), packet.size(), &their_end) == LDNS_STATUS_OK);
    CENOTE_CHECK(their_end == end);
    expect_same(name, theirs);
}

void try_uncompressed(ByteView bytes) {
    Name name;
    std::size_t end = 0;
    if (!name.read_uncompressed(bytes, end)) return;
    CENOTE_CHECK(end == name.wire().size());
    expect_sound(name);
}

void try_text(const std::string& text) {
    const auto name = Name::parse(text);
    if (!name) return;
    as_text.reach();
    expect_sound(*name);
    expect_same(*name, ldns_dname_new_frm_str(text.c_str()));
}

/// What is typed reads as a name whose text reads as the same name, with nothing left to take off.
void try_typed(const std::string& text) {
    using cenote::wire::NameUse;
    for (const NameUse use : {NameUse::Question, NameUse::Subtree, NameUse::Single, NameUse::Owner}) {
        const auto typed = cenote::wire::parse_typed_name(text, use);
        if (!typed) continue;
        as_typed.reach();
        expect_sound(typed->name);
        (void)cenote::wire::both_forms(typed->name);
        if (use == NameUse::Owner) continue;  // a wildcard's star is no text of another use
        const auto again = cenote::wire::parse_typed_name(cenote::wire::typed_text(typed->name), use);
        CENOTE_CHECK(again.ok() && again->name == typed->name && again->note.empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    cenote::fuzz::Input input(data, size);
    const std::size_t offset = input.u16();
    const std::vector<std::uint8_t> bytes = input.copy();
    try_wire(bytes, offset % (bytes.size() + 1));
    try_uncompressed(bytes);
    try_text(std::string(bytes.begin(), bytes.end()));
    try_typed(std::string(bytes.begin(), bytes.end()));
    return 0;
}
