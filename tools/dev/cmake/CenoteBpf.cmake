# SPDX-License-Identifier: Apache-2.0
# Programs for the kernel are C for BPF. A build without libbpf, or without a compiler for it, has none (CENOTE_BPF).
option(CENOTE_XDP_REQUIRED "Stop where programs for the kernel cannot be built" OFF)
pkg_check_modules(LIBBPF QUIET IMPORTED_TARGET libbpf>=0.8)
find_program(CENOTE_BPF_GCC bpf-gcc)
find_program(CENOTE_BPF_CLANG NAMES clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14)
set(CENOTE_BPF_FLAGS -O2 -Wall -Wextra -Werror -I${PROJECT_SOURCE_DIR} -I/usr/include)
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(APPEND CENOTE_BPF_FLAGS -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
endif()
if(CENOTE_BPF_CLANG)
  set(CENOTE_BPF_COMPILER ${CENOTE_BPF_CLANG} -target bpf -g)
elseif(CENOTE_BPF_GCC)
  set(CENOTE_BPF_COMPILER ${CENOTE_BPF_GCC} -gbtf)
endif()

set(CENOTE_BPF OFF)
if(LIBBPF_FOUND AND CENOTE_BPF_COMPILER)
  set(CENOTE_BPF ON)
  list(GET CENOTE_BPF_COMPILER 0 which)
  message(STATUS "AF_XDP and raw sockets: programs for the kernel are compiled by ${which}")
elseif(CENOTE_XDP_REQUIRED)
  message(FATAL_ERROR "Programs for the kernel cannot be built: install libbpf-dev, and gcc-bpf or clang")
else()
  message(STATUS "AF_XDP and raw sockets: built without them; they need libbpf-dev, and gcc-bpf or clang")
endif()

function(cenote_bpf_object source object)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CENOTE_BPF_COMPILER} ${CENOTE_BPF_FLAGS} -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -c ${source} -o ${object}
    DEPENDS ${source} ${PROJECT_SOURCE_DIR}/resolver/base/bpf_program.h VERBATIM)
endfunction()

# cenote_bpf(MODULE SOURCE FUNCTION LOADER): what loads it, libbpf/LOADER, and the object of SOURCE.bpf.c as what FUNCTION()
# returns; or without/LOADER in their place.
function(cenote_bpf module source function loader)
  if(NOT CENOTE_BPF)
    target_sources(cenote_${module} PRIVATE without/${loader})
    return()
  endif()
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${source}.bpf.o)
  set(bytes ${CMAKE_CURRENT_BINARY_DIR}/${function}.cc)
  set(embed ${PROJECT_SOURCE_DIR}/tools/dev/cmake/embed_bpf.cmake)
  cenote_bpf_object(${CMAKE_CURRENT_SOURCE_DIR}/${source}.bpf.c ${object})
  add_custom_command(OUTPUT ${bytes}
    COMMAND ${CMAKE_COMMAND} -DOBJECT=${object} -DBYTES=${bytes} -DMODULE=${module} -DFUNCTION=${function} -P ${embed}
    DEPENDS ${object} ${embed} VERBATIM)
  target_sources(cenote_${module} PRIVATE libbpf/${loader} ${bytes})
  target_link_libraries(cenote_${module} PRIVATE PkgConfig::LIBBPF)
endfunction()
