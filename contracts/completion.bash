# Completes `python -m contracts …`, and leaves every other command of Python's to the shell.
_contracts_completion() {
    if [[ "${COMP_WORDS[1]} ${COMP_WORDS[2]}" != "-m contracts" ]]; then
        return
    fi
    local kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        COMPREPLY+=("$value")
    done < <(COMP_WORDS="contracts ${COMP_WORDS[*]:3}" COMP_CWORD=$((COMP_CWORD - 2)) \
        _CONTRACTS_COMPLETE=bash_complete "${COMP_WORDS[0]}" -m contracts)
}
complete -o bashdefault -o default -F _contracts_completion python python3
