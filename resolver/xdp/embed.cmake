# SPDX-License-Identifier: Apache-2.0
# Writes the bytes of OBJECT into the source BYTES.
file(READ ${OBJECT} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" hex "${hex}")
file(WRITE ${BYTES} "#include \"resolver/xdp/filter_object.h\"

namespace cenote::xdp {
namespace {

alignas(8) constexpr std::uint8_t kObject[] = {
${hex}};

}  // namespace

ByteView filter_object() noexcept { return kObject; }

}  // namespace cenote::xdp
")
