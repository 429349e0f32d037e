# vestnik_embed(<target> NAMESPACE <ns> FILES <path relative to the project> … [TREE <prefix> <directory>])
#   Compiles files into <target>, which declares the function that returns them (base/embedded_file.h):
#   std::span<const vestnik::EmbeddedFile> vestnik::<ns>::embedded_files()
#   TREE: also all files of a directory that another command makes, known by then as <prefix>/…; its file `.built` says when.
function(vestnik_embed target)
  cmake_parse_arguments(ARG "" "NAMESPACE" "FILES;TREE" ${ARGN})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}_embedded.cc)
  set(depends)
  foreach(file IN LISTS ARG_FILES)
    list(APPEND depends ${CMAKE_SOURCE_DIR}/${file})
  endforeach()
  string(REPLACE ";" "," files "${ARG_FILES}")
  if(ARG_TREE)
    list(GET ARG_TREE 0 prefix)
    list(GET ARG_TREE 1 directory)
    list(APPEND depends ${directory}/.built)
    set(tree -DPREFIX=${prefix} -DDIRECTORY=${directory})
  endif()
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -DFILES=${files} ${tree} -DNAMESPACE=${ARG_NAMESPACE} -DOUTPUT=${source}
            -P ${CMAKE_SOURCE_DIR}/cmake/WriteEmbedded.cmake
    DEPENDS ${depends} ${CMAKE_SOURCE_DIR}/cmake/WriteEmbedded.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()
